import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { newFile } from './new-file.ts';

suite('newFile()', () => {
  test('writes piece by piece into a file for its owner alone', async () => {
    await using home = await temporaryFolder('new-file');
    const name = path.join(home.path, 'report');
    const file = await newFile(name);
    await file.write('Zoë\n');
    await file.write('and more\n');
    await file.close();

    assert.equal(await readFile(name, 'utf8'), 'Zoë\nand more\n');
    assert.equal((await stat(name)).mode & 0o777, 0o600);
  });

  test('refuses a file that is there, and leaves it as it is', async () => {
    await using home = await temporaryFolder('new-file');
    const name = path.join(home.path, 'report');
    await writeFile(name, 'of another day');

    await assert.rejects(newFile(name), {
      code: 'E_OUTPUT_REFUSED',
      message: `Cannot write ${name}: it is there already`,
      hint: 'name another file, or remove it: nothing is written over',
    });
    assert.equal(await readFile(name, 'utf8'), 'of another day');
  });

  test('refuses a folder that is not there', async () => {
    await using home = await temporaryFolder('new-file');
    const name = path.join(home.path, 'absent/report');

    await assert.rejects(newFile(name), { code: 'E_OUTPUT_REFUSED', message: /^Cannot write .*absent\/report: ENOENT/ });
  });
});

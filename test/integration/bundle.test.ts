import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { buildInto } from '../../tools/build-into.ts';
import { runProgram } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

suite('the bundle, which the package and the image hold', () => {
  test('reads a configuration file, whose parser it loads only then', async () => {
    await using folder = await temporaryFolder();
    const at = (...names: string[]): string => path.join(folder.path, ...names);
    assert.equal(await buildInto(at('dist')), true);
    for (const name of ['package.json', 'bin']) await cp(path.join(import.meta.dirname, '../..', name), at(name), { recursive: true });
    await writeFile(at('rootcellar.yaml'), 'archive: s3://bucket/path\nagent:\n  jitter: 1m\n');

    const shown = await runProgram(process.execPath, [
      at('bin/rootcellar.mjs'),
      '--config',
      at('rootcellar.yaml'),
      'config',
      'show',
      '--set',
    ]);

    assert.match(shown, /^archive +s3:\/\/bucket\/path +.*rootcellar\.yaml:1/m);
    assert.match(shown, /^agent\.jitter +1m/m);
  });
});

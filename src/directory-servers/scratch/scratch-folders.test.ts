import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, lchown, mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { isFailure } from '../../foundation/failure.ts';
import { realClock } from '../../../test/harness/real-clock.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { folderVariable, processesOf } from './own-processes.ts';
import { ScratchFolders } from './scratch-folders.ts';

/** Another process, of which it is known whether it lives; with undefined nothing is known. */
const foldersOf = (isAlive: boolean | undefined): ScratchFolders =>
  new ScratchFolders({ self: { id: 1 }, isAlive: () => isAlive }, realClock);

suite('ScratchFolders', () => {
  test('sweep() removes what a dead process left, its own processes first, and nothing else', async () => {
    await using parent = await temporaryFolder();
    const folders = foldersOf(false);
    const folder = await folders.claimNew(parent.path);
    await mkdir(path.join(folder, 'server'));
    await mkdir(path.join(parent.path, 'somebody-elses'));
    const left = spawn('sleep', ['600'], { env: { PATH: process.env['PATH'], [folderVariable]: folder } });
    await once(left, 'spawn');
    const ended = once(left, 'exit');
    assert.deepEqual(await processesOf(folder), [left.pid]);

    assert.deepEqual(await folders.sweep(parent.path), [path.basename(folder)]);

    assert.deepEqual((await ended)[1], 'SIGKILL');
    assert.deepEqual(await readdir(parent.path), ['somebody-elses']);
  });

  for (const [who, isAlive, ageSeconds, isSwept] of [
    ['that lives', true, 10_000, false],
    ['of whom nothing is known and that gave a sign just now', undefined, 0, false],
    ['of whom nothing is known and that is silent', undefined, 10_000, true],
  ] as const) {
    test(`sweep() ${isSwept ? 'removes' : 'leaves'} the folder of a process ${who}`, async () => {
      await using parent = await temporaryFolder();
      const folder = await foldersOf(true).claimNew(parent.path);
      const then = new Date(Date.now() - ageSeconds * 1000);
      await utimes(path.join(folder, 'owner.json'), then, then);

      const swept = await foldersOf(isAlive).sweep(parent.path);

      assert.deepEqual(swept, isSwept ? [path.basename(folder)] : []);
      assert.deepEqual(await readdir(parent.path), isSwept ? [] : [path.basename(folder)]);
    });
  }

  test('sweep() leaves a folder that was kept, and finds nothing where there is no such place', async () => {
    await using parent = await temporaryFolder();
    const folders = foldersOf(false);
    const folder = await folders.claimNew(parent.path);
    await mkdir(path.join(folder, 'server'));
    await folders.leave(folder);

    assert.deepEqual(await folders.sweep(parent.path), []);
    assert.deepEqual(await folders.sweep('/nowhere'), []);
    assert.deepEqual(await readdir(folder), ['server']);
  });

  test('claimNew() refuses a parent of another user, who could exchange what is in it, and a link of another user to ours', async () => {
    await using parent = await temporaryFolder();
    const [theirs, link] = [path.join(parent.path, 'theirs'), path.join(parent.path, 'link')];
    await mkdir(theirs);
    await symlink(parent.path, link);
    // Needs the right to give a file away (root), as the tests with volumes do.
    await chown(theirs, 12_345, 12_345);
    await lchown(link, 12_345, 12_345);

    for (const one of [theirs, link]) {
      await assert.rejects(
        foldersOf(false).claimNew(one),
        (error) => isFailure(error, 'E_SCRATCH_FOLDER') && /belongs to another user/.test(error.message),
      );
    }
    assert.deepEqual(await readdir(theirs), []);
  });

  test('claim() takes over the folder of a dead process, and refuses one that holds anything else', async () => {
    await using parent = await temporaryFolder();
    const [dead, full] = [path.join(parent.path, 'dead'), path.join(parent.path, 'full')];
    await foldersOf(false).claim(dead);
    await mkdir(path.join(dead, 'server'));
    await mkdir(path.join(full, 'data'), { recursive: true });

    await foldersOf(false).claim(dead);

    assert.deepEqual(await readdir(dead), ['owner.json']);
    await assert.rejects(foldersOf(false).claim(full), (error) => isFailure(error, 'E_USAGE') && error.message.endsWith('it holds data'));
    assert.deepEqual(await readdir(full), ['data']);
  });

  test('claim() refuses the folder of a living process with E_BUSY, and a path where none can be', async () => {
    await using parent = await temporaryFolder();
    const folder = path.join(parent.path, 'taken');
    await foldersOf(true).claim(folder);
    await writeFile(path.join(parent.path, 'file'), '');

    await assert.rejects(foldersOf(true).claim(folder), (error) => isFailure(error, 'E_BUSY') && error.exitCode === 11);
    await assert.rejects(foldersOf(true).claim(path.join(parent.path, 'file', 'below')), (error) => isFailure(error, 'E_SCRATCH_FOLDER'));
  });
});

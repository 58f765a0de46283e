import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { filesToPack, packFiles } from './pack-files.ts';

/** What the system's own tar lists of the archive. */
async function listed(archive: AsyncIterable<Uint8Array>, most = Number.POSITIVE_INFINITY): Promise<string> {
  const tar = spawn('tar', ['-tvf', '-'], { env: { PATH: process.env['PATH'], LANG: 'C', TZ: 'UTC' } });
  tar.stdin.on('error', () => undefined);
  const printed = text(tar.stdout);
  let bytes = 0;
  for await (const piece of archive) {
    tar.stdin.write(piece);
    bytes += piece.length;
    if (bytes > most) break;
  }
  tar.stdin.end();
  return printed;
}

test('packFiles() makes an archive that tar reads: folders first, no owner, closed to others', async () => {
  await using folder = await temporaryFolder('pack');
  await mkdir(path.join(folder.path, 'a/b'), { recursive: true });
  await writeFile(path.join(folder.path, 'a/b/c'), 'xyz');
  await writeFile(path.join(folder.path, 'd'), '');

  const { archive, files } = packFiles(await filesToPack(folder.path));
  const lines = (await listed(archive)).trim().split('\n');

  assert.deepEqual(
    lines.map((line) => line.replace(/ \d{4}-\d\d-\d\d \d\d:\d\d/, '').replaceAll(/ +/g, ' ')),
    ['drwxrwx--- 0/0 0 ./a/', 'drwxrwx--- 0/0 0 ./a/b/', '-rw-r----- 0/0 3 ./a/b/c', '-rw-r----- 0/0 0 ./d'],
  );
  assert.deepEqual(files, [
    { path: 'a/b/c', bytes: 3, sha256: '3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282' },
    { path: 'd', bytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  ]);
});

test('packFiles() of more than 8 GiB says its size so that tar understands it', async () => {
  await using folder = await temporaryFolder('pack');
  const file = path.join(folder.path, 'large');
  await writeFile(file, '');
  await truncate(file, 9 * 1024 ** 3);

  const { archive } = packFiles(await filesToPack(file));

  assert.match(await listed(archive, 100_000), / 9663676416 .* \.\/large$/m);
});

test('packFiles() rejects a file that has another length than it had', async () => {
  await using folder = await temporaryFolder('pack');
  const file = path.join(folder.path, 'changing');
  for (const [before, change] of [
    ['xyz', () => appendFile(file, 'more')],
    ['xyz', () => truncate(file, 1)],
  ] as const) {
    await writeFile(file, before);
    const found = await filesToPack(file);
    await change();
    const { archive } = packFiles(found);

    await assert.rejects(async () => {
      for await (const _ of archive);
    });
  }
});

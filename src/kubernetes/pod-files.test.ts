import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { backupIn, failureOf, filesIn, podPlace } from '../../test/harness/cluster-double/pod-place.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { filesToPack } from './pack-files.ts';

const attempt = 'bring the backup of "userRoot" out of the pod "ds-0"';

test('fetch() brings a folder with all its files, in the place of what was here', async () => {
  await using at = await podPlace();
  const there = await backupIn(at.base);
  const here = path.join(at.here, 'userRoot');
  await mkdir(here);
  await writeFile(path.join(here, 'an old file'), 'x');

  const files = await at.files.fetch({ attempt, there, here, kind: 'folder' });

  assert.deepEqual(await filesIn(here), await filesIn(there));
  assert.deepEqual(files.map(({ path: name, bytes }) => `${name} ${bytes}`).toSorted(), [
    'backup.info 12',
    'deep/er/an empty one 0',
    'deep/zeros 5000',
    'userRoot-backup-1 3000001',
  ]);
});

test('fetch() brings one file', async () => {
  await using at = await podPlace();
  const there = path.join(at.base, 'export/userRoot.ldif');
  await mkdir(path.dirname(there), { recursive: true });
  await writeFile(there, 'dn: dc=example,dc=com\n');
  await writeFile(path.join(at.base, 'export/other.ldif'), 'x');

  await at.files.fetch({ attempt, there, here: path.join(at.here, 'userRoot.ldif'), kind: 'file' });

  assert.deepEqual(await readdir(at.here), ['userRoot.ldif']);
});

test('send() brings files into a folder, for owner and group, and remove() leaves nothing of it', async () => {
  await using at = await podPlace();
  const source = await backupIn(path.join(at.here, 'source'));
  const folder = path.join(at.base, 'ds-0/1/userRoot');

  await at.files.send({ attempt, folder, files: await filesToPack(source) });

  assert.deepEqual(await filesIn(folder), await filesIn(source));
  assert.equal((await stat(folder)).mode & 0o777, 0o770);
  assert.equal((await stat(path.join(folder, 'backup.info'))).mode & 0o027, 0);
  await at.files.remove(folder);
  assert.deepEqual(await readdir(path.dirname(at.base)), [path.basename(at.base)]);
  assert.deepEqual(await readdir(at.base), []);
});

test('send() with a secret leaves it readable by its owner alone', async () => {
  await using at = await podPlace();
  const pin = path.join(at.here, 'pin');
  await writeFile(pin, 'a pin');

  await at.files.send({ attempt, folder: path.join(at.base, 'secret'), files: await filesToPack(pin), isSecret: true });

  assert.equal((await stat(path.join(at.base, 'secret/pin'))).mode & 0o777, 0o600);
  assert.ok(!JSON.stringify(at.cluster.commands).includes('a pin'));
});

test('fetch() and send() compare sizes where there is no sha256sum, and tell where there is no wc either', async () => {
  await using at = await podPlace();
  const there = await backupIn(at.base);
  at.cluster.behaviour.absent.add('sha256sum');
  await at.files.fetch({ attempt, there, here: path.join(at.here, 'one'), kind: 'folder' });
  assert.ok(at.cluster.commands.some(([program]) => program === 'wc'));

  at.cluster.behaviour.absent.add('wc');
  const notes: string[] = [];
  const report = (event: ProgressEvent) => (event.kind === 'note' ? void notes.push(event.text) : undefined);
  await at.files.send({ attempt, folder: path.join(at.base, 'two'), files: await filesToPack(there) }, { report });

  assert.deepEqual(notes, ['the pod "ds-0" has neither sha256sum nor wc: its 4 files were not compared after their transfer']);
});

test('a container without tar is told so', async () => {
  await using at = await podPlace();
  const there = await backupIn(at.base);
  at.cluster.behaviour.absent.add('tar');

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.equal(failure.code, 'E_KUBERNETES_PROGRAM_MISSING');
  assert.equal(failure.message, `Cannot ${attempt}: the container "directory" of the pod "ds-0" has no program tar`);
});

test('a cluster whose API server cannot end an input is too old for send(), and good enough for fetch()', async () => {
  await using at = await podPlace();
  const there = await backupIn(at.base);
  at.cluster.behaviour.protocol = 'v4.channel.k8s.io';
  await at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' });

  const failure = await failureOf(at.files.send({ attempt, folder: path.join(at.base, 'b'), files: await filesToPack(there) }));

  assert.equal(failure.code, 'E_KUBERNETES_TOO_OLD');
});

test('a link in the folder of the server is refused', async () => {
  await using at = await podPlace();
  const there = await backupIn(at.base);
  await symlink('/etc/passwd', path.join(there, 'link'));

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.equal(failure.code, 'E_KUBERNETES_FILES');
  assert.match(failure.message, /"link" is neither a file nor a folder$/);
});

test('a folder that may not be written, and a full one, are told', async () => {
  await using at = await podPlace();
  const programs = path.join(at.here, 'programs');
  await mkdir(programs);
  const said = async (program: string, words: string): Promise<void> => {
    await writeFile(path.join(programs, program), `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
    await chmod(path.join(programs, program), 0o755);
  };
  at.cluster.behaviour.programFolder = programs;
  await said('mkdir', "mkdir: can't create directory '/x': Permission denied");
  const refused = await failureOf(at.files.makeFolder(path.join(at.base, 'a')));
  assert.equal(refused.code, 'E_KUBERNETES_FOLDER');
  assert.match(refused.message, /mkdir ended with exit code 1 and says "mkdir: can't create directory '\/x': Permission denied"$/);

  await said('mkdir', '');
  await writeFile(path.join(programs, 'mkdir'), '#!/bin/sh\nexit 0\n');
  await said('tar', 'tar: write error: No space left on device');
  const full = await failureOf(at.files.send({ attempt, folder: path.join(at.base, 'a'), files: await filesToPack(programs) }));

  assert.equal(full.code, 'E_KUBERNETES_DISK_FULL');
});

test('assertRoom() refuses what df says does not fit, and lets be what it does not know', async () => {
  await using at = await podPlace();
  await at.files.makeFolder(at.base);
  await at.files.assertRoom(at.base, 1, attempt);

  const failure = await failureOf(at.files.assertRoom(at.base, Number.MAX_SAFE_INTEGER, attempt));

  assert.equal(failure.code, 'E_KUBERNETES_DISK_FULL');
  at.cluster.behaviour.absent.add('df');
  await at.files.assertRoom(at.base, Number.MAX_SAFE_INTEGER, attempt);
});

test('sweep() removes what lies below the base but for what it is told to leave', async () => {
  await using at = await podPlace();
  assert.deepEqual(await at.files.sweep([]), []);
  await backupIn(at.base);
  await mkdir(path.join(at.base, '.doctor/x'), { recursive: true });

  assert.deepEqual(await at.files.sweep(['.doctor']), ['ds-0']);

  assert.deepEqual(await readdir(at.base), ['.doctor']);
});

test('nothing outside of the base is ever touched', async () => {
  await using at = await podPlace();

  for (const outside of ['/etc', at.base, path.join(at.base, '..'), path.join(at.base, '../x')]) {
    await assert.rejects(at.files.remove(outside), /is not below/);
  }
  assert.deepEqual(at.cluster.commands, []);
});

test('a file that came is compared in the container by its size where it can be, and a shorter one there is told', async () => {
  await using at = await podPlace();
  const source = await backupIn(path.join(at.here, 'source'));
  const folder = path.join(at.base, 'ds-0/1/userRoot');
  const files = await at.files.send({ attempt, folder, files: await filesToPack(source) });
  await writeFile(path.join(folder, 'deep/zeros'), Buffer.alloc(4999));

  assert.match((await failureOf(at.files.assertSame(folder, files, attempt))).message, /"deep\/zeros" is another there \(sha256sum: /);
  at.cluster.behaviour.absent.add('sha256sum');
  assert.match(
    (await failureOf(at.files.assertSame(folder, files, attempt))).message,
    /"deep\/zeros" is another there \(wc: 4999\) than here \(5000\)$/,
  );
});

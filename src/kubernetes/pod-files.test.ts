import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { type ClusterDouble, startClusterDouble } from '../../test/harness/cluster-double/cluster-double.ts';
import { realClock } from '../../test/harness/real-clock.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { Failure } from '../foundation/failure.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { Cluster } from './cluster.ts';
import { ClusterExec } from './cluster-exec.ts';
import { filesToPack } from './pack-files.ts';
import { PodFiles } from './pod-files.ts';

// The containers are this machine: real tar, rm, sha256sum; only the API server is a double.

interface Place extends AsyncDisposable {
  readonly cluster: ClusterDouble;
  readonly files: PodFiles;
  /** In the container. */
  readonly base: string;
  /** On this side. */
  readonly here: string;
}

async function place({ attempts = 1, pingMilliseconds = 15_000 } = {}): Promise<Place> {
  const [home, cluster] = await Promise.all([temporaryFolder('pod-files'), startClusterDouble()]);
  const connected = await Cluster.connect(cluster.kubeconfig);
  const exec = new ClusterExec({ cluster: connected, name: { namespace: 'directory', pod: 'ds-0' }, pingMilliseconds });
  const base = path.join(home.path, 'container/.rootcellar-0');
  const retry = { attempts, firstPauseMilliseconds: 1, longestPauseMilliseconds: 1 };
  const files = new PodFiles({ exec, base, clock: realClock, random: () => 0, retry });
  const here = path.join(home.path, 'here');
  await Promise.all([mkdir(path.dirname(base)), mkdir(here)]);
  return {
    cluster,
    files,
    base,
    here,
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]();
      await home.remove();
    },
  };
}

/** A folder in the container with files of odd sizes, one of them below another folder. */
async function backupIn(base: string): Promise<string> {
  const folder = path.join(base, 'ds-0/20261123104646Z/userRoot');
  await mkdir(path.join(folder, 'deep/er'), { recursive: true });
  await writeFile(path.join(folder, 'backup.info'), 'backup_id=1\n');
  await writeFile(path.join(folder, 'userRoot-backup-1'), bytesOf(3_000_001));
  await writeFile(path.join(folder, 'deep/er/an empty one'), '');
  await writeFile(path.join(folder, 'deep/zeros'), Buffer.alloc(5000));
  return folder;
}

function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 2_654_435_761) >>> 24;
  return bytes;
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.join(entry.parentPath, entry.name)).toSorted();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [path.relative(folder, name), (await readFile(name)).toString('base64')] as const)),
  );
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => new Error('it resolved'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}

const attempt = 'bring the backup of "userRoot" out of the pod "ds-0"';

test('fetch() brings a folder with all its files, in the place of what was here', async () => {
  await using at = await place();
  const there = await backupIn(at.base);
  const here = path.join(at.here, 'userRoot');
  await mkdir(here);
  await writeFile(path.join(here, 'an old file'), 'x');

  const files = await at.files.fetch({ attempt, there, here, kind: 'folder' });

  assert.deepEqual(await contentOf(here), await contentOf(there));
  assert.deepEqual(files.map(({ path: name, bytes }) => `${name} ${bytes}`).toSorted(), [
    'backup.info 12',
    'deep/er/an empty one 0',
    'deep/zeros 5000',
    'userRoot-backup-1 3000001',
  ]);
});

test('fetch() brings one file', async () => {
  await using at = await place();
  const there = path.join(at.base, 'export/userRoot.ldif');
  await mkdir(path.dirname(there), { recursive: true });
  await writeFile(there, 'dn: dc=example,dc=com\n');
  await writeFile(path.join(at.base, 'export/other.ldif'), 'x');

  await at.files.fetch({ attempt, there, here: path.join(at.here, 'userRoot.ldif'), kind: 'file' });

  assert.deepEqual(await readdir(at.here), ['userRoot.ldif']);
});

test('send() brings files into a folder, for owner and group, and remove() leaves nothing of it', async () => {
  await using at = await place();
  const source = await backupIn(path.join(at.here, 'source'));
  const folder = path.join(at.base, 'ds-0/1/userRoot');

  await at.files.send({ attempt, folder, files: await filesToPack(source) });

  assert.deepEqual(await contentOf(folder), await contentOf(source));
  assert.equal((await stat(folder)).mode & 0o777, 0o770);
  assert.equal((await stat(path.join(folder, 'backup.info'))).mode & 0o027, 0);
  await at.files.remove(folder);
  assert.deepEqual(await readdir(path.dirname(at.base)), [path.basename(at.base)]);
  assert.deepEqual(await readdir(at.base), []);
});

test('send() with a secret leaves it readable by its owner alone', async () => {
  await using at = await place();
  const pin = path.join(at.here, 'pin');
  await writeFile(pin, 'a pin');

  await at.files.send({ attempt, folder: path.join(at.base, 'secret'), files: await filesToPack(pin), isSecret: true });

  assert.equal((await stat(path.join(at.base, 'secret/pin'))).mode & 0o777, 0o600);
  assert.ok(!JSON.stringify(at.cluster.commands).includes('a pin'));
});

for (const bytes of [0, 600, 1_000_000, 3_010_000]) {
  test(`fetch() that is cut after ${bytes} bytes rejects, and leaves nothing here`, async () => {
    await using at = await place();
    const there = await backupIn(at.base);
    at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'cut', bytes } : undefined);

    const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'userRoot'), kind: 'folder' }));

    assert.equal(failure.code, 'E_KUBERNETES_STREAM_CUT');
    assert.equal(
      failure.message,
      `Cannot ${attempt}: the connection into the pod "ds-0" broke off: it was closed (1006) before the exit status came`,
    );
    assert.deepEqual(await readdir(at.here), []);
  });

  test(`fetch() of which only ${bytes} bytes come, and yet "Success", rejects`, async () => {
    await using at = await place();
    const there = await backupIn(at.base);
    at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'lose-end', bytes } : undefined);

    const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'userRoot'), kind: 'folder' }));

    assert.equal(failure.code, 'E_KUBERNETES_FILES');
    assert.match(failure.message, /: the archive has no end$/);
    assert.deepEqual(await readdir(at.here), []);
  });
}

test('fetch() tries again what was cut, and tells', async () => {
  await using at = await place({ attempts: 3 });
  const there = await backupIn(at.base);
  let cuts = 0;
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' && (cuts += 1) <= 2 ? { kind: 'cut', bytes: 100_000 } : undefined);
  const events: ProgressEvent[] = [];

  await at.files.fetch({ attempt, there, here: path.join(at.here, 'userRoot'), kind: 'folder' }, { report: (event) => events.push(event) });

  assert.deepEqual(await contentOf(path.join(at.here, 'userRoot')), await contentOf(there));
  const warnings = events.flatMap((event) => (event.kind === 'note' && event.level === 'warning' ? [event.text] : []));
  assert.deepEqual(warnings.length, 2);
});

test('fetch() notices a byte that became another on the way', async () => {
  await using at = await place();
  const there = path.join(at.base, 'a');
  await mkdir(there, { recursive: true });
  await writeFile(path.join(there, 'b'), 'x'.repeat(100));
  at.cluster.behaviour.fault = ({ command }) =>
    command[0] === 'tar'
      ? { kind: 'alter', change: (piece) => Buffer.from(piece.toString('latin1').replace('xxx', 'xyx'), 'latin1') }
      : undefined;

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.match(failure.message, /"b" is another there \(sha256sum: [0-9a-f]{64}\) than here \([0-9a-f]{64}\)$/);
});

test('fetch() and send() compare sizes where there is no sha256sum, and tell where there is no wc either', async () => {
  await using at = await place();
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

test('send() that is cut rejects, and leaves nothing there', async () => {
  await using at = await place();
  const source = await backupIn(path.join(at.here, 'source'));
  const folder = path.join(at.base, 'ds-0/1/userRoot');
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'cut-input', bytes: 1_000_000 } : undefined);

  const failure = await failureOf(at.files.send({ attempt, folder, files: await filesToPack(source) }));

  assert.equal(failure.code, 'E_KUBERNETES_STREAM_CUT');
  assert.deepEqual(await readdir(at.base), []);
});

test('a container without tar is told so', async () => {
  await using at = await place();
  const there = await backupIn(at.base);
  at.cluster.behaviour.absent.add('tar');

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.equal(failure.code, 'E_KUBERNETES_PROGRAM_MISSING');
  assert.equal(failure.message, `Cannot ${attempt}: the container "directory" of the pod "ds-0" has no program tar`);
});

test('a cluster whose API server cannot end an input is too old for send(), and good enough for fetch()', async () => {
  await using at = await place();
  const there = await backupIn(at.base);
  at.cluster.behaviour.protocol = 'v4.channel.k8s.io';
  await at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' });

  const failure = await failureOf(at.files.send({ attempt, folder: path.join(at.base, 'b'), files: await filesToPack(there) }));

  assert.equal(failure.code, 'E_KUBERNETES_TOO_OLD');
});

test('a folder that the server did not write is another pod, and one that changed meanwhile a restart', async () => {
  await using at = await place();
  await at.files.makeFolder(path.join(at.base, 'ds-0'));
  const move = { attempt, there: path.join(at.base, 'ds-0/1/userRoot'), here: path.join(at.here, 'a'), kind: 'folder' } as const;

  assert.equal((await failureOf(at.files.fetch(move))).code, 'E_KUBERNETES_WRONG_POD');
  at.cluster.behaviour.pods['ds-0']?.containers.splice(0, 1, { name: 'directory', id: 'containerd://2', isRunning: true });
  const restarted = await failureOf(at.files.fetch(move));

  assert.equal(restarted.code, 'E_KUBERNETES_POD_RESTARTED');
  assert.equal(
    restarted.message,
    `Cannot ${attempt}: the pod "ds-0" is not the one it was: its container "directory" was started anew at 2026-11-23T10:46:46Z`,
  );
});

test('a container that was killed in the middle is known by the next try', async () => {
  await using at = await place({ attempts: 3 });
  const there = await backupIn(at.base);
  const pod = at.cluster.behaviour.pods['ds-0'];
  let tries = 0;
  at.cluster.behaviour.fault = ({ command }) => {
    if (command[0] !== 'tar') return undefined;
    tries += 1;
    if (tries === 1) return { kind: 'end', exitCode: 137 };
    pod?.containers.splice(0, 1, { name: 'directory', id: 'containerd://2', isRunning: false });
    return { kind: 'refuse', code: 500, message: 'unable to upgrade connection: container not found ("directory")' };
  };

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.equal(tries, 2);
  assert.equal(failure.code, 'E_KUBERNETES_POD_RESTARTED');
  assert.match(failure.message, /is not the one it was: its container "directory" does not run \(CrashLoopBackOff\)$/);
});

test('a connection over which nothing is heard any more is given up', async () => {
  await using at = await place({ pingMilliseconds: 40 });
  const there = await backupIn(at.base);
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'freeze', bytes: 100_000 } : undefined);

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.match(failure.message, /broke off: nothing is heard of it any more$/);
});

test('an abort ends a transfer at once and leaves nothing here', async () => {
  await using at = await place();
  const there = await backupIn(at.base);
  const stop = new AbortController();
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'freeze', bytes: 100_000 } : undefined);
  const report = (event: ProgressEvent): void => void (event.kind === 'advance' && stop.abort());

  const move = { attempt, there, here: path.join(at.here, 'a'), kind: 'folder' } as const;
  const failure = await failureOf(at.files.fetch(move, { signal: stop.signal, report }));

  assert.equal(failure.code, 'E_INTERRUPTED');
  assert.deepEqual(await readdir(at.here), []);
});

test('a link in the folder of the server is refused', async () => {
  await using at = await place();
  const there = await backupIn(at.base);
  await symlink('/etc/passwd', path.join(there, 'link'));

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.equal(failure.code, 'E_KUBERNETES_FILES');
  assert.match(failure.message, /"link" is neither a file nor a folder$/);
});

test('a folder that may not be written, and a full one, are told', async () => {
  await using at = await place();
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
  await using at = await place();
  await at.files.makeFolder(at.base);
  await at.files.assertRoom(at.base, 1, attempt);

  const failure = await failureOf(at.files.assertRoom(at.base, Number.MAX_SAFE_INTEGER, attempt));

  assert.equal(failure.code, 'E_KUBERNETES_DISK_FULL');
  at.cluster.behaviour.absent.add('df');
  await at.files.assertRoom(at.base, Number.MAX_SAFE_INTEGER, attempt);
});

test('sweep() removes what lies below the base but for what it is told to leave', async () => {
  await using at = await place();
  assert.deepEqual(await at.files.sweep([]), []);
  await backupIn(at.base);
  await mkdir(path.join(at.base, '.doctor/x'), { recursive: true });

  assert.deepEqual(await at.files.sweep(['.doctor']), ['ds-0']);

  assert.deepEqual(await readdir(at.base), ['.doctor']);
});

test('nothing outside of the base is ever touched', async () => {
  await using at = await place();

  for (const outside of ['/etc', at.base, path.join(at.base, '..'), path.join(at.base, '../x')]) {
    await assert.rejects(at.files.remove(outside), /is not below/);
  }
  assert.deepEqual(at.cluster.commands, []);
});

test('a program writes no faster than its output is taken', async () => {
  await using at = await place();
  const done = path.join(at.here, 'done');
  const mebibytes = 64;
  const held = Promise.withResolvers<undefined>();
  const first = Promise.withResolvers<undefined>();
  let received = 0;

  const run = at.files.exec.run({
    attempt,
    command: ['sh', '-c', `head -c ${mebibytes}m /dev/zero && touch ${done}`],
    output: async (piece) => {
      received += piece.length;
      first.resolve(undefined);
      await held.promise;
    },
  });
  await first.promise;
  // Long enough for all of it on any machine, if nothing held it back.
  await realClock.sleep(1500);
  assert.deepEqual(await readdir(at.here), []);

  held.resolve(undefined);
  assert.equal((await run).exitCode, 0);
  assert.equal(received, mebibytes * 1024 * 1024);
  assert.deepEqual(await readdir(at.here), ['done']);
});

test('a file that came is compared in the container by its size where it can be, and a shorter one there is told', async () => {
  await using at = await place();
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

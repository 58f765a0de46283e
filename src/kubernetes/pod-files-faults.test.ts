import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { backupIn, failureOf, filesIn, podPlace } from '../../test/harness/cluster-double/pod-place.ts';
import { realClock } from '../../test/harness/real-clock.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { filesToPack } from './pack-files.ts';

const attempt = 'bring the backup of "userRoot" out of the pod "ds-0"';

for (const bytes of [0, 600, 1_000_000, 3_010_000]) {
  test(`fetch() that is cut after ${bytes} bytes rejects, and leaves nothing here`, async () => {
    await using at = await podPlace();
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
    await using at = await podPlace();
    const there = await backupIn(at.base);
    at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'lose-end', bytes } : undefined);

    const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'userRoot'), kind: 'folder' }));

    assert.equal(failure.code, 'E_KUBERNETES_FILES');
    assert.match(failure.message, /: the archive has no end$/);
    assert.deepEqual(await readdir(at.here), []);
  });
}

test('fetch() tries again what was cut, and tells', async () => {
  await using at = await podPlace({ attempts: 3 });
  const there = await backupIn(at.base);
  let cuts = 0;
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' && (cuts += 1) <= 2 ? { kind: 'cut', bytes: 100_000 } : undefined);
  const events: ProgressEvent[] = [];

  await at.files.fetch({ attempt, there, here: path.join(at.here, 'userRoot'), kind: 'folder' }, { report: (event) => events.push(event) });

  assert.deepEqual(await filesIn(path.join(at.here, 'userRoot')), await filesIn(there));
  const warnings = events.flatMap((event) => (event.kind === 'note' && event.level === 'warning' ? [event.text] : []));
  assert.deepEqual(warnings.length, 2);
});

test('makeFolder() and sweep() try again while the API server is being replaced', async () => {
  await using at = await podPlace({ attempts: 3 });
  let refusals = 0;
  at.cluster.behaviour.fault = () =>
    (refusals += 1) % 2 === 1 ? { kind: 'refuse', code: 503, message: 'the apiserver is shutting down' } : undefined;

  await at.files.makeFolder(path.join(at.base, 'a'));
  at.cluster.behaviour.fault = ({ command }) =>
    command[0] === 'ls' && (refusals += 1) % 2 === 1 ? { kind: 'refuse', code: 503, message: 'the apiserver is shutting down' } : undefined;
  refusals = 0;

  assert.deepEqual(await at.files.sweep([]), ['a']);
  assert.equal(refusals, 2);
});

test('fetch() notices a byte that became another on the way', async () => {
  await using at = await podPlace();
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

test('send() that is cut rejects, and leaves nothing there', async () => {
  await using at = await podPlace();
  const source = await backupIn(path.join(at.here, 'source'));
  const folder = path.join(at.base, 'ds-0/1/userRoot');
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'cut-input', bytes: 1_000_000 } : undefined);

  const failure = await failureOf(at.files.send({ attempt, folder, files: await filesToPack(source) }));

  assert.equal(failure.code, 'E_KUBERNETES_STREAM_CUT');
  assert.deepEqual(await readdir(at.base), []);
});

test('a folder that the server did not write is another pod, and one that changed meanwhile a restart', async () => {
  await using at = await podPlace();
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
  await using at = await podPlace({ attempts: 3 });
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
  await using at = await podPlace({ pingMilliseconds: 40 });
  const there = await backupIn(at.base);
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'freeze', bytes: 100_000 } : undefined);

  const failure = await failureOf(at.files.fetch({ attempt, there, here: path.join(at.here, 'a'), kind: 'folder' }));

  assert.match(failure.message, /broke off: nothing is heard of it any more$/);
});

test('an abort ends a transfer at once and leaves nothing here', async () => {
  await using at = await podPlace();
  const there = await backupIn(at.base);
  const stop = new AbortController();
  at.cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'freeze', bytes: 100_000 } : undefined);
  const report = (event: ProgressEvent): void => void (event.kind === 'advance' && stop.abort());

  const move = { attempt, there, here: path.join(at.here, 'a'), kind: 'folder' } as const;
  const failure = await failureOf(at.files.fetch(move, { signal: stop.signal, report }));

  assert.equal(failure.code, 'E_INTERRUPTED');
  assert.deepEqual(await readdir(at.here), []);
});

test('a program writes no faster than its output is taken', async () => {
  await using at = await podPlace();
  const bytes = 64 * 1024 * 1024;
  const held = Promise.withResolvers<undefined>();
  const first = Promise.withResolvers<undefined>();
  let received = 0;

  const run = at.files.exec.run({
    attempt,
    command: ['head', '-c', String(bytes), '/dev/zero'],
    output: async (piece) => {
      received += piece.length;
      first.resolve(undefined);
      await held.promise;
    },
  });
  await first.promise;
  // What the two sides and the sockets between them hold is written, and then no more.
  let before = -1;
  while (at.cluster.behaviour.writtenBytes > before) {
    before = at.cluster.behaviour.writtenBytes;
    await realClock.sleep(500);
  }
  held.resolve(undefined);
  assert.ok(before < bytes / 2, `${before} bytes were written`);
  assert.equal((await run).exitCode, 0);
  assert.equal(received, bytes);
});

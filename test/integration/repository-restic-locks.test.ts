import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { makeSet } from '../harness/example-set.ts';
import { programPath } from '../harness/parts.ts';
import { realClock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { resticAt } from '../harness/restic.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

async function setUp() {
  const home = await temporaryFolder('locks');
  const repository = path.join(home.path, 'repository');
  const store = new LocalFolderStore({ folder: repository, clock: realClock });
  const archive = repositoryArchive(store, { clock: realClock });
  await archive.create();
  const staged = path.join(home.path, 'staged');
  const manifest = await makeSet(staged, '20261123100000Z', { 'userRoot/backup.info': 'info', 'userRoot/data': 'data' });
  const restic = await resticAt({ repository, password: 'test' });
  const locks = async () => (await Array.fromAsync(store.list('locks/'))).map(({ key }) => key.slice('locks/'.length));
  return { store, archive, staged, manifest, restic, repository, locks, [Symbol.asyncDispose]: () => home.remove() };
}

test('restic reads a lock of ours, works beside it where it may, and refuses where it may not', async () => {
  await using set = await setUp();
  const seen: { readonly rootcellar?: { readonly goodForSeconds: number }; readonly exclusive: boolean; readonly hostname: string }[] = [];
  const assertHeld = async (): Promise<void> => {
    const [id = ''] = await set.locks();
    seen.push(JSON.parse(await set.restic('cat', 'lock', id)) as (typeof seen)[number]);
    await set.restic('backup', '--host', 'by-restic', set.staged);
    await assert.rejects(set.restic('prune'), /repository is already locked by PID 1 on test-host by tester/);
    // What is of another host and young is none of those that it takes for stale.
    await set.restic('unlock');
    assert.deepEqual(await set.locks(), [id]);
  };

  await set.archive.save(set.staged, set.manifest, { assertHeld });

  assert.deepEqual([seen[0]?.exclusive, seen[0]?.hostname], [false, 'test-host']);
  assert.deepEqual(await set.locks(), []);
  await set.restic('prune');
  await set.restic('check', '--read-data');
  assert.equal((await set.archive.list()).length, 2);
});

test('our locks keep away a living restic and are kept away by it; what a killed one left is passed over after half an hour', async () => {
  await using set = await setUp();
  const environment = { ...process.env, RESTIC_REPOSITORY: set.repository, RESTIC_PASSWORD: 'test' };
  const running = spawn(await programPath('restic'), ['--no-cache', '--quiet', 'backup', '--stdin'], { env: environment });
  while ((await set.locks()).length === 0) await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(set.archive.prune(await set.archive.planPrune()), {
    code: 'E_REPOSITORY_LOCKED',
    exitCode: 11,
    message: new RegExp(`^Cannot lock the repository: \\S+ on \\S+ \\(process ${running.pid}\\) has had a shared lock since `),
  });
  await set.archive.save(set.staged, set.manifest);

  running.kill('SIGKILL');
  await once(running, 'exit');
  await assert.rejects(set.archive.prune(await set.archive.planPrune()), { code: 'E_REPOSITORY_LOCKED' });
  const [left = ''] = await set.locks();
  const halfAnHourAgo = Date.now() / 1000 - 30 * 60;
  await utimes(path.join(set.repository, 'locks', left), halfAnHourAgo, halfAnHourAgo);
  await set.archive.prune(await set.archive.planPrune());

  assert.deepEqual(await set.locks(), []);
  await set.restic('prune');
});

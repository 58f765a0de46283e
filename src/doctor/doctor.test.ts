import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { PlainArchive } from '../archive/plain/plain-archive.ts';
import { Failure, interrupted } from '../foundation/failure.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { examine, type DoctorRequest } from './doctor.ts';

async function setUp(parts: Partial<DoctorRequest> = {}): Promise<DoctorRequest> {
  const { clock, store, archive } = await exampleArchive();
  await saveExample(archive, '20261122000000Z');
  const openArchive = async () => archive;
  return { openStore: async () => store, openArchive, openServer: undefined, staging: undefined, clock, name: 'visit', ...parts };
}

const noServer = {
  check: 'server: connection',
  state: 'warning',
  text: 'no server is configured',
  fix: 'set ROOTCELLAR_SERVER_URL (--server-url) to look at it too',
};

test('examine() tells of the store, the archive, and that no server is configured', async () => {
  const findings = await examine(await setUp());

  assert.deepEqual(findings[0], { check: 'archive: location', state: 'ok', text: 'memory' });
  assert.deepEqual(findings.at(-2), {
    check: 'archive: archive',
    state: 'ok',
    text: 'layout plain, 1 snapshots, the newest of 2026-11-22T00:00:00.000Z',
  });
  assert.deepEqual(findings.at(-1), noServer);
  assert.equal(findings.filter(({ state }) => state === 'failed').length, 0);
});

test('examine() tells of a wrong location, and of the server all the same', async () => {
  const wrong = new Failure('E_USAGE', 'Cannot open the archive "s4://x": it is neither s3:// nor a folder', { hint: 'write s3://' });
  const request = await setUp({ openStore: () => Promise.reject(wrong) });

  assert.deepEqual(await examine(request), [
    { check: 'archive: location', state: 'failed', text: wrong.message, fix: 'write s3://' },
    noServer,
  ]);
});

test('examine() tells of an archive that was not made', async () => {
  const { clock } = await exampleArchive();
  const store = new MemoryStore({ clock });
  const request = await setUp({
    openStore: async () => store,
    openArchive: async () => new PlainArchive(store, { clock, graceMilliseconds: 0 }),
  });

  assert.deepEqual((await examine(request)).at(-2), {
    check: 'archive: archive',
    state: 'failed',
    text: 'Cannot open the archive memory: there is none',
    fix: 'check ROOTCELLAR_ARCHIVE (--archive), or make it with "rootcellar init"',
  });
});

test('examine() tells of a server that cannot be opened', async () => {
  const failure = new Failure('E_SERVER_TLS', 'Cannot trust ldaps://127.0.0.1: its certificate is unknown', { hint: 'name its CA' });
  const staging = { folder: '/nowhere', serverFolder: '/nowhere' };

  const findings = await examine(await setUp({ staging, openServer: () => Promise.reject(failure) }));

  assert.deepEqual(findings.at(-1), { check: 'server: connection', state: 'failed', text: failure.message, fix: 'name its CA' });
});

test('examine() closes the store and the archive', async () => {
  const closed: string[] = [];
  const request = await setUp();
  const [store, archive] = [await request.openStore(), await request.openArchive()];
  store.close = async () => void closed.push('store');
  archive.close = async () => void closed.push('archive');

  await examine(request);

  assert.deepEqual(closed, ['archive', 'store']);
});

test('examine() rejects with the reason of an abort instead of telling it as a fault', async () => {
  const request = await setUp();

  await assert.rejects(examine(request, { signal: AbortSignal.abort(interrupted('The command')) }), {
    code: 'E_INTERRUPTED',
    exitCode: 130,
  });
});

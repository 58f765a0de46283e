import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { makeSet } from '../../test/harness/example-set.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { Pin } from '../domain/pin.ts';
import { CountingStore } from '../object-stores/counting-store.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { copyPins } from './copy-pins.ts';

const pin: Pin = { at: '2026-11-24T10:00:00.000Z', by: 'anna@ops-1', reason: 'before the migration', until: '2027-11-24T10:00:00.000Z' };
const other: Pin = { at: '2026-11-24T11:00:00.000Z', by: 'bert@ops-2' };

/** Two archives of different layouts, in which a set has different IDs. */
async function setUp() {
  const { archive: source, clock, store: sourceStore } = await exampleArchive();
  const snapshot = await saveExample(source, '20261123000000Z');
  const store = new CountingStore(new MemoryStore({ clock }));
  const target = repositoryArchive(store, { clock });
  await target.create();
  await using home = await temporaryFolder('copied');
  const folder = path.join(home.path, 'set');
  const copy = await target.save(folder, await makeSet(folder, '20261123000000Z', { file: 'x' }));
  const run = async () => copyPins({ source, target }, await source.list(), {});
  return { source, sourceStore, target, store, snapshot, copy, run, clock };
}

test('copyPins() pins the copy of what is pinned, under the ID that it has there', async () => {
  const { source, target, snapshot, copy, run } = await setUp();
  await (await source.pins()).pin(snapshot, pin);

  await run();

  const [listed, ...others] = await target.list();
  assert.notEqual(copy.id, snapshot.id);
  assert.deepEqual([listed?.id, listed?.pinned, others], [copy.id, pin, []]);
});

test('copyPins() leaves the pin that a copy has, and ends none', async () => {
  const { source, target, snapshot, copy, run } = await setUp();
  await (await source.pins()).pin(snapshot, pin);
  await (await target.pins()).pin(copy, other);
  await run();
  const beside = (await target.list())[0]?.pinned;
  await (await source.pins()).unpin(snapshot);
  await run();

  assert.deepEqual([beside, (await target.list())[0]?.pinned], [other, other]);
});

test('copyPins() takes over no pin that is damaged or has ended, and none of a copy that is not there', async () => {
  const { source, sourceStore, target, snapshot, run, clock } = await setUp();
  const lone = await saveExample(source, '20261124000000Z');
  await (await source.pins()).pin(lone, pin);
  await (await source.pins()).pin(snapshot, { ...pin, until: new Date(clock.now().getTime() + 1000).toISOString() });
  await clock.advance(1000);
  await run();
  await sourceStore.put('.rootcellar/pins/prod/20261123000000Z', Buffer.from('rubbish'));
  await run();

  assert.equal((await target.list())[0]?.pinned, undefined);
});

test('copyPins() asks nothing of a target where nothing is pinned', async () => {
  const { store, run } = await setUp();
  const before = store.counts().calls;

  await run();

  assert.deepEqual(store.counts().calls, before);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../../test/harness/example-archive.ts';

test('measure() of plain: all of a set is its own, and what no set needs is told', async () => {
  const { archive, store } = await exampleArchive();
  const older = await saveExample(archive, '20261121000000Z', { 'userRoot/file': 'x'.repeat(100) });
  const newer = await saveExample(archive, '20261122000000Z', { 'userRoot/file': 'x'.repeat(100), 'userRoot/more': 'y' });
  await store.put('prod/20261123000000Z/userRoot/file', new Uint8Array(7));
  await store.put('.rootcellar/unfinished/prod/20261123000000Z', new Uint8Array());

  const { unique, together, snapshots, unneededBytes, store: all, packs, troubles } = await archive.measure([newer, older]);

  assert.deepEqual(
    [unique, together].map(({ bytes, storedBytes }) => [bytes, storedBytes]),
    [
      [201, 201],
      [201, 201],
    ],
  );
  assert.deepEqual(
    snapshots.map(({ snapshot, alone, added }) => [snapshot.id, alone?.bytes, added]),
    [
      [newer.id, 101, undefined],
      [older.id, 100, undefined],
    ],
  );
  assert.deepEqual([unneededBytes, packs, troubles], [7, undefined, []]);
  const objects = await Array.fromAsync(store.list(''));
  assert.deepEqual(all, { objects: objects.length, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) });
});

test('measure() of plain counts what sets of "aws s3 sync" share once, and for nobody alone', async () => {
  const { archive, store } = await exampleArchive();
  const text = ['20261121000000Z', '20261122000000Z'].map((id) => `backup_id=${id}\n`).join('\n');
  await store.put('userRoot/backup.info', new TextEncoder().encode(text));
  for (const [id, bytes] of [
    ['20261121000000Z', 10],
    ['20261122000000Z', 20],
  ] as const)
    await store.put(`userRoot/backup-userRoot-${id}`, new Uint8Array(bytes));
  const [newer, older, ...others] = await archive.list();
  assert.ok(newer && older);
  assert.deepEqual(others, []);

  const whole = await archive.measure([newer, older]);
  const one = await archive.measure([newer]);

  assert.deepEqual([whole.unique.bytes, whole.together.bytes], [30 + text.length, 30 + text.length]);
  assert.deepEqual(
    whole.snapshots.map(({ alone }) => alone?.bytes),
    [20, 10],
  );
  assert.deepEqual([one.unique.bytes, one.together.bytes], [20 + text.length, 20]);
});

test('measure() of plain names sets that are damaged', async () => {
  const { archive, store } = await exampleArchive();
  const snapshot = await saveExample(archive, '20261121000000Z');
  await store.delete(['prod/20261121000000Z/manifest.json']);

  const [lost] = await archive.list();
  assert.ok(lost);
  const { snapshots, troubles } = await archive.measure([lost]);

  assert.notEqual(lost.id, snapshot.id);
  assert.equal(snapshots[0]?.alone, undefined);
  assert.deepEqual(troubles, ['Cannot read prod/20261121000000Z: its manifest.json is missing']);
});

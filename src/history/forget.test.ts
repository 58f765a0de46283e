import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { forget, planForget } from './forget.ts';

const snapshots = ['23', '22', '21'].map((day) => exampleSnapshot({ id: `${day}${'a'.repeat(62)}`, time: `2026-11-${day}T00:00:00.000Z` }));
const [newest, middle, oldest] = snapshots as [(typeof snapshots)[0], (typeof snapshots)[0], (typeof snapshots)[0]];

test('planForget() decides by the rule', () => {
  assert.deepEqual(planForget(snapshots, { rule: { keepLast: 2 }, ids: [] }).forget, [oldest]);
});

test('planForget() refuses a rule that says nothing of what to keep', () => {
  assert.throws(() => planForget(snapshots, { rule: { minimum: 3 }, ids: [] }), {
    code: 'E_USAGE',
    exitCode: 2,
    message: 'Cannot forget by an empty rule: it would say nothing of what to keep',
    hint: 'give at least one of --keep-last, --keep-hourly, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly, --keep-within, or the IDs of snapshots',
  });
});

test('planForget() forgets just those that are named, each once, whatever the rule says', () => {
  assert.deepEqual(planForget(snapshots, { rule: { keepLast: 9 }, ids: ['21', oldest.id, '22'] }), {
    keep: [{ snapshot: newest, reasons: ['not named'] }],
    forget: [oldest, middle],
  });
});

test('planForget() forgets damaged and suspicious ones when they are named', () => {
  const doubtful = exampleSnapshot({ id: 'dd', time: '2026-11-24T00:00:00.000Z', state: 'suspicious' });

  assert.deepEqual(planForget([...snapshots, doubtful], { rule: {}, ids: ['dd'] }).forget, [doubtful]);
});

test('planForget() refuses the newest good snapshot of a server, also beside a newer doubtful one', () => {
  const doubtful = exampleSnapshot({ time: '2026-11-24T00:00:00.000Z', state: 'damaged' });

  for (const ids of [['23'], ['21', '22', '23']]) {
    assert.throws(() => planForget([...snapshots, doubtful], { rule: {}, ids }), {
      code: 'E_FORGET_REFUSED',
      message: 'Cannot forget 23aaaaaaaaaa: it is the newest good snapshot of server "prod"',
      hint: 'make a newer backup first',
    });
  }
});

test('planForget() says which ID it does not know', () => {
  assert.throws(() => planForget(snapshots, { rule: {}, ids: ['21', 'beef'] }), { code: 'E_SNAPSHOT_UNKNOWN' });
});

async function setUp() {
  const parts = await exampleArchive();
  const kept = await saveExample(parts.archive, '20261122000000Z');
  const dropped = await saveExample(parts.archive, '20261121000000Z');
  const other = await saveExample(parts.archive, '20261120000000Z', undefined, 'test');
  return { ...parts, kept, dropped, other };
}

test('forget() drops the snapshots of each server, counts them, and gives the leases back', async () => {
  const { archive, leases, kept, dropped, other } = await setUp();
  const events: ProgressEvent[] = [];

  await forget(archive, leases, [dropped, other], { report: (event) => events.push(event) });

  assert.deepEqual(await archive.list(), [kept]);
  assert.deepEqual(
    events.filter((event) => event.kind !== 'note'),
    [
      { kind: 'begin', step: 'forget', total: 2, unit: 'objects' },
      { kind: 'advance', step: 'forget', done: 1 },
      { kind: 'advance', step: 'forget', done: 2 },
      { kind: 'end', step: 'forget' },
    ],
  );
  for (const server of ['prod', 'test']) await (await leases.take(server)).release();
});

test('forget() changes nothing of a server whose lease another holds', async () => {
  const { archive, leases, kept, dropped, other } = await setUp();
  const held = await leases.take('test');

  await assert.rejects(forget(archive, leases, [dropped, other]), { code: 'E_BUSY', exitCode: 11 });

  assert.deepEqual(await archive.list(), [kept, other]);
  await held.release();
});

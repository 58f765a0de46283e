import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import { statusOf } from './server-status.ts';

const hour = 3_600_000;
const now = new Date('2026-11-23T12:00:00.000Z');
const good = exampleSnapshot({ time: '2026-11-23T06:00:00.000Z' });
const older = exampleSnapshot({ time: '2026-11-22T06:00:00.000Z' });
const doubtful = exampleSnapshot({ time: '2026-11-23T11:00:00.000Z', state: 'suspicious' });

test('statusOf() tells the last good backup, its age, and what came after it', () => {
  assert.deepEqual(statusOf([older, good, doubtful], now, 7 * hour), [
    { server: 'prod', state: 'protected', lastGood: good, age: 6 * hour, lastProven: undefined, snapshots: 3, doubtful: [doubtful] },
  ]);
});

for (const [maxAge, state] of [
  [6 * hour, 'protected'],
  [6 * hour - 1, 'late'],
] as const) {
  test(`statusOf() says "${state}" of an age of six hours where ${maxAge} ms are allowed`, () => {
    assert.equal(statusOf([good], now, maxAge)[0]?.state, state);
  });
}

test('statusOf() says "never" of a server without a good backup', () => {
  const others = (['damaged', 'unlisted'] as const).map((state) => ({ ...doubtful, state }));

  assert.deepEqual(statusOf(others, now, hour), [
    { server: 'prod', state: 'never', lastGood: undefined, age: undefined, lastProven: undefined, snapshots: 2, doubtful: others },
  ]);
});

test('statusOf() tells the newest good one that was proven, not a doubtful one', () => {
  const proven = { ...older, provenAt: '2026-11-22T09:00:00.000Z' };

  const [status] = statusOf([{ ...doubtful, provenAt: '2026-11-23T11:30:00.000Z' }, good, proven], now, hour);

  assert.equal(status?.lastProven, proven);
});

test('statusOf() tells the servers by name', () => {
  const servers = ['test', 'prod', 'dev'].map((server) => exampleSnapshot({ time: good.time, server }));

  assert.deepEqual(
    statusOf(servers, now, hour).map(({ server }) => server),
    ['dev', 'prod', 'test'],
  );
  assert.deepEqual(statusOf([], now, hour), []);
});

test('statusOf() tells of the wanted server alone, also when the archive has nothing of it', () => {
  assert.deepEqual(
    statusOf([good, exampleSnapshot({ server: 'test' })], now, 7 * hour, 'prod').map(({ server, state }) => [server, state]),
    [['prod', 'protected']],
  );
  assert.deepEqual(statusOf([good], now, hour, 'new'), [
    { server: 'new', state: 'never', lastGood: undefined, age: undefined, lastProven: undefined, snapshots: 0, doubtful: [] },
  ]);
});

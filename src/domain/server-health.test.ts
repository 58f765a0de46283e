import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ServerHealth, compareHealth, rankOf } from './server-health.ts';

const well: ServerHealth = {
  isLockedDown: false,
  unavailableAlerts: [],
  degradedAlerts: [],
  backendsOutOfService: [],
  isConnected: true,
  backlog: 0,
  runningTasks: 0,
  reasons: [],
};

/** From the best to the worst, each for one thing that is worse than all that follows it in the rank. */
const order: readonly (readonly [string, ServerHealth | undefined])[] = [
  ['well', well],
  ['a hundred changes behind', { ...well, backlog: 100 }],
  ['a thousand changes behind', { ...well, backlog: 1000 }],
  ['a million changes behind', { ...well, backlog: 1_000_000 }],
  ['it does not tell how far it is behind', { ...well, backlog: undefined }],
  ['it runs a task', { ...well, runningTasks: 1 }],
  ['it runs two', { ...well, runningTasks: 2 }],
  ['it does not tell what it runs', { ...well, runningTasks: undefined }],
  ['a backend is out of service', { ...well, backendsOutOfService: ['userRoot'] }],
  ['it is degraded', { ...well, degradedAlerts: ['low-disk-space-warning'] }],
  ['it is degraded, and busy', { ...well, degradedAlerts: ['low-disk-space-warning'], runningTasks: 1 }],
  ['it is locked down', { ...well, isLockedDown: true }],
  ['it does not answer', undefined],
];

for (const [index, [name, health]] of order.entries()) {
  test(`compareHealth() prefers it to all that is worse: ${name}`, () => {
    for (const [worse, other] of order.slice(index + 1)) {
      assert.ok(compareHealth(health, other) < 0, worse);
      assert.ok(compareHealth(other, health) > 0, worse);
    }
    assert.equal(compareHealth(health, health === undefined ? undefined : { ...health }), 0);
  });
}

test('compareHealth() leaves it to the caller where only a few changes differ, or words', () => {
  assert.equal(compareHealth({ ...well, backlog: 3 }, { ...well, backlog: 97, reasons: ['behind'] }), 0);
  assert.equal(compareHealth({ ...well, backlog: 2100 }, { ...well, backlog: 8800 }), 0);
});

test('compareHealth() takes a server that is cut off for degraded, and one with an alert of unavailability for locked down', () => {
  assert.deepEqual(rankOf({ ...well, isConnected: false }), rankOf({ ...well, degradedAlerts: ['any'] }));
  assert.deepEqual(rankOf({ ...well, unavailableAlerts: ['any'] }), rankOf({ ...well, isLockedDown: true }));
});

test('compareHealth() never prefers a server that tells nothing to one that is well', () => {
  assert.ok(compareHealth(well, { reasons: [] }) < 0);
  assert.ok(compareHealth({ reasons: [] }, undefined) < 0);
});

test('compareHealth() is an order, whatever the servers tell, also after JSON', () => {
  const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
  const health = maybe(
    fc.record({
      isLockedDown: maybe(fc.boolean()),
      unavailableAlerts: maybe(fc.array(fc.string(), { maxLength: 2 })),
      degradedAlerts: maybe(fc.array(fc.string(), { maxLength: 2 })),
      backendsOutOfService: maybe(fc.array(fc.string(), { maxLength: 2 })),
      isConnected: maybe(fc.boolean()),
      backlog: maybe(fc.nat()),
      runningTasks: maybe(fc.nat(4)),
      reasons: fc.constant([]),
    }),
  );
  const throughJson = (value: ServerHealth | undefined): ServerHealth | undefined =>
    value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as ServerHealth);
  fc.assert(
    fc.property(health, health, health, (one, two, three) => {
      assert.equal(Math.sign(compareHealth(one, two)), -Math.sign(compareHealth(two, one)) + 0);
      if (compareHealth(one, two) <= 0 && compareHealth(two, three) <= 0) assert.ok(compareHealth(one, three) <= 0);
      assert.deepEqual(rankOf(throughJson(one)), rankOf(one));
    }),
  );
});

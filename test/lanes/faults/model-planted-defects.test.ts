import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectInfo, ObjectStore } from '../../../src/object-stores/object-store.ts';
import { Failure } from '../../../src/foundation/failure.ts';
import { interceptedStore, type Around } from '../../harness/intercepted-store.ts';
import { tryModel } from '../../model/model.ts';
import type { Focus, ProcessPlan } from '../../model/steps.ts';

/** The model is worth what it finds: each of these is a mistake that one could make, and it must be found in so many sequences. */
const mostRuns = 300;

interface Defect {
  readonly title: string;
  readonly plant: (store: ObjectStore, plan: ProcessPlan) => ObjectStore;
  /** Only these actions, where it takes a certain order of them. */
  readonly focus?: Focus;
  readonly seed?: number;
  /** What the model says. */
  readonly finding: RegExp;
}

const defects: readonly Defect[] = [
  {
    title: 'a snapshot that is written before its index',
    plant: (store) => interceptedStore(store, writesIndexLast()),
    finding:
      /^Failure: Cannot .*: no index lists it|^AssertionError.*found damage|^AssertionError.*E_PRUNE_REFUSED|^AssertionError.*not reported/,
  },
  {
    title: 'a prune that removes at once what it finds unneeded, beside writers',
    plant: (store, { action }) => (action.kind === 'prune' ? interceptedStore(store, removesAtOnce()) : store),
    focus: { actions: ['save', 'prune'], mostSteps: 8 },
    seed: 11,
    finding: /^Failure: Cannot read|^AssertionError.*E_REPOSITORY_CHANGED|^AssertionError.*E_PRUNE_REFUSED/,
  },
  {
    title: 'a lock that never ends',
    plant: (store) => interceptedStore(store, seesLocksAsYoung),
    finding: /^AssertionError.*still locked when each lock has ended/,
  },
  {
    title: 'a forget that asks nobody whether a snapshot is pinned',
    plant: (store, { action }) => (action.kind.startsWith('forget') ? interceptedStore(store, seesNoPins) : store),
    focus: { actions: ['save', 'forget one', 'pin'], mostSteps: 10 },
    finding: /^AssertionError.*was reported as pinned and is not/,
  },
  {
    title: 'a pin that does not mind a forget under way',
    plant: (store, { action }) => (action.kind === 'pin' ? interceptedStore(store, seesNoPins) : store),
    focus: { actions: ['save', 'forget one', 'pin'], mostSteps: 10 },
    finding: /^AssertionError.*was reported as pinned and is not/,
  },
  {
    title: 'a prune that overlooks a snapshot',
    plant: (store, { action }) => (action.kind === 'prune' ? interceptedStore(store, overlooksOneSnapshot) : store),
    finding: /^Failure: Cannot read/,
  },
];

for (const { title, plant, focus = {}, seed = 4, finding } of defects) {
  test(`tryModel() finds ${title}`, async (context) => {
    const { tally, failure } = await tryModel({ runs: mostRuns, seed, focus, plant });
    context.diagnostic(`found after ${tally.sequences} sequences: ${failure?.split('\n')[0]}`);

    assert.match(failure ?? '', finding);
  });
}

function isOn(prefix: string, keys: readonly string[]): boolean {
  return keys[0]?.startsWith(prefix) === true;
}

/** Says that an index is stored when it is not, and makes up for it after the snapshot. */
function writesIndexLast(): Around {
  let store: (() => Promise<unknown>) | undefined;
  return async ({ name, keys }, proceed) => {
    const [key = ''] = keys;
    if (name === 'put' && key.startsWith('index/')) {
      store = proceed;
      return infoOf(key);
    }
    const result = await proceed();
    if (name === 'put' && key.startsWith('snapshots/')) await store?.();
    return result;
  };
}

/** Sees no locks of others, and takes all that lies in the store for old. */
function removesAtOnce(): Around {
  const own = new Set<string>();
  return async ({ name, keys: [key = ''] }, proceed) => {
    if (name === 'put') own.add(key);
    const result = await proceed();
    if (name !== 'list') return result;
    const listed = result as readonly ObjectInfo[];
    if (key === 'locks/') return listed.filter((info) => own.has(info.key));
    return listed.map((info) => ({ ...info, modifiedAt: new Date('2020-01-01T00:00:00Z') }));
  };
}

const seesLocksAsYoung: Around = async ({ name, keys }, proceed) => {
  const result = await proceed();
  if (name !== 'list' || !isOn('locks/', keys)) return result;
  return (result as readonly ObjectInfo[]).map((info) => ({ ...info, modifiedAt: new Date('2030-01-01T00:00:00Z') }));
};

/** Takes what is written of pins for absent, and writes over it. */
const seesNoPins: Around = async ({ name, keys: [key = ''] }, proceed) => {
  if (!key.startsWith('.rootcellar/pins/')) return proceed();
  if (name === 'list') return [];
  if (name === 'get') throw new Failure('E_OBJECT_MISSING', 'Cannot read it: there is none');
  return proceed().catch(() => infoOf(key));
};

const overlooksOneSnapshot: Around = async ({ name, keys }, proceed) => {
  const result = await proceed();
  return name === 'list' && isOn('snapshots/', keys) ? (result as readonly ObjectInfo[]).slice(1) : result;
};

function infoOf(key: string): ObjectInfo {
  return { key, bytes: 1, etag: '"planted"', modifiedAt: new Date('2026-11-23T10:00:00Z') };
}

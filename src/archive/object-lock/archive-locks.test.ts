import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { suite, test } from 'node:test';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { lockedPlainArchive, lockedRepository } from '../../../test/harness/locked-archive.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { backupIdAt } from '../../domain/backup-id.ts';
import { CountingStore } from '../../object-stores/counting-store.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { Archive } from '../archive.ts';
import type { LockReport } from '../archive-locks.ts';

const hour = 3_600_000;
const day = 24 * hour;
const rule = { mode: 'compliance', days: 10 } as const;
const shared = randomBytes(400_000);

const layouts = {
  repository: (store: ObjectStore, clock: FakeClock): Archive => lockedRepository(store, rule, { clock, graceMilliseconds: day }),
  plain: (store: ObjectStore, clock: FakeClock): Archive => lockedPlainArchive(store, rule, { clock, graceMilliseconds: day }),
};

async function setUp(open: (store: ObjectStore, clock: FakeClock) => Archive) {
  const clock = new FakeClock();
  const memory = new MemoryStore({ clock, objectLock: {} });
  const store = new CountingStore(memory);
  const home = await temporaryFolder('locked');
  const archive = () => open(store, clock);
  await archive().create();
  let serial = 0;
  /** A run as a process of its own: archive, then extend. */
  const backUp = async () => {
    const backupId = backupIdAt(clock.now());
    const folder = path.join(home.path, backupId);
    const content = { 'userRoot/common': shared, 'userRoot/own': `${(serial += 1)}`.repeat(5000) };
    const own = archive();
    const snapshot = await own.save(folder, await makeSet(folder, backupId, content));
    const extension = await (await own.objectLocks()).extend();
    return { snapshot, extension };
  };
  const locks = async (): Promise<LockReport> => {
    const fresh = archive();
    const report = await (await fresh.objectLocks()).read(await fresh.list());
    assert.ok(report !== undefined);
    return report;
  };
  const endsOf = async (prefix: string) => {
    const ends = new Map<string, number | undefined>();
    for await (const { key } of memory.list(prefix)) {
      const until = (await memory.objectLock.retentionOf(key))?.until;
      ends.set(key, until && (until.getTime() - clock.now().getTime()) / day);
    }
    return ends;
  };
  return { clock, memory, store, archive, backUp, locks, endsOf, home, [Symbol.asyncDispose]: () => home.remove() };
}

for (const [layout, open] of Object.entries(layouts)) {
  suite(`object locks in the layout ${layout}`, () => {
    test('save() locks all that a snapshot needs from its first moment on, and nothing that must be removable', async () => {
      await using scene = await setUp(open);
      await scene.backUp();

      const free = layout === 'plain' ? /^\.rootcellar\/object-locks$/ : /^(locks|\.rootcellar)\//;
      const ends = await scene.endsOf('');
      assert.ok(ends.size > 4);
      for (const [key, days] of ends) {
        if (free.test(key)) assert.equal(days, undefined, key);
        // Ten days, and a margin of three.
        else assert.ok(days !== undefined && days >= 13 && days < 13.001, `${key}: ${days}`);
      }
    });

    test('remembered() tells the end of the lock that ends first, asks the store of no lock, and is silent where not all is remembered', async () => {
      await using scene = await setUp(open);
      const first = await scene.backUp();
      await scene.clock.advance(6 * hour);
      const second = await scene.backUp();
      const { calls: before } = scene.store.counts();
      const archive = scene.archive();
      const locks = await (await archive.objectLocks()).remembered(await archive.list());
      const { calls } = scene.store.counts();
      const byStore = await scene.locks();
      await scene.memory.delete(['.rootcellar/object-locks']);
      const fresh = scene.archive();

      assert.equal(locks.size, 2);
      for (const { snapshot } of [first, second]) {
        const until = byStore.locks.get(snapshot.id)?.until;
        assert.ok(until !== undefined);
        assert.ok(Math.abs((locks.get(snapshot.id)?.getTime() ?? 0) - until.getTime()) < 1000, 'to the second');
      }
      assert.equal(calls.lock - before.lock, 0);
      assert.equal((await (await fresh.objectLocks()).remembered(await fresh.list())).size, 0);
    });

    test('extend() keeps every snapshot locked for the days of the rule after each run, at a request per object and margin', async () => {
      await using scene = await setUp(open);
      let requests = 0;
      for (let run = 0; run < 20; run += 1) {
        const { extension } = await scene.backUp();
        requests += extension?.extended ?? 0;

        const report = await scene.locks();
        assert.equal(report.locks.size, run + 1);
        for (const { until, isKept, mode } of report.locks.values()) {
          assert.ok(isKept && mode === 'compliance');
          assert.ok(until !== undefined && until.getTime() >= scene.clock.now().getTime() + rule.days * day);
        }
        await scene.clock.advance(18 * hour);
      }
      const objects = (await scene.endsOf('')).size;
      // Fifteen days are five margins; an object is there for half of them on average.
      assert.ok(requests <= objects * 3.5, `${requests} extensions of ${objects} objects`);
      assert.ok(requests >= objects, `${requests} extensions of ${objects} objects`);
    });

    test('extend() asks for nothing that is locked for long enough', async () => {
      await using scene = await setUp(open);
      await scene.backUp();
      await scene.clock.advance(6 * hour);
      const before = scene.store.counts();

      const extension = await (await scene.archive().objectLocks()).extend();

      const { calls } = scene.store.counts();
      assert.equal(extension?.extended, 0);
      assert.equal(calls.lock - before.calls.lock, 0);
      assert.equal(calls.put - before.calls.put, 0);
    });

    test('extend() locks anew what it does not know to be locked, were its memory lost or altered', async () => {
      await using scene = await setUp(open);
      await scene.backUp();
      const ledger = '.rootcellar/object-locks';
      for (const damaged of [undefined, new TextEncoder().encode('{"version":1}'), randomBytes(300)]) {
        if (damaged === undefined) await scene.memory.delete([ledger]);
        else await scene.memory.put(ledger, damaged);
        await scene.clock.advance(day);

        const extension = await (await scene.archive().objectLocks()).extend();

        assert.ok(extension !== undefined && extension.objects > 3);
        assert.equal(extension.extended, extension.objects);
      }
    });

    test('extend() goes on after a failure with what is left', async () => {
      await using scene = await setUp(open);
      await scene.backUp();
      await scene.clock.advance(5 * day);
      let left = 3;
      const inner = scene.memory.objectLock;
      const extend: typeof inner.extend = (...words) => ((left -= 1) < 0 ? Promise.reject(new Error('cut off')) : inner.extend(...words));
      const retentionOf: typeof inner.retentionOf = (key) => inner.retentionOf(key);
      const cut = new Proxy(scene.memory, {
        get: (target, name): unknown => {
          if (name === 'objectLock') return { extend, retentionOf };
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });

      await assert.rejects((await open(cut, scene.clock).objectLocks()).extend(), { message: 'cut off' });
      const extension = await (await scene.archive().objectLocks()).extend();

      assert.equal(extension?.extended, (extension?.objects ?? 0) - 3);
      assert.ok([...(await scene.locks()).locks.values()].every(({ isKept }) => isKept));
    });

    test('read() finds a snapshot that is locked for less long than asked, by its least locked object', async () => {
      await using scene = await setUp(open);
      const { snapshot } = await scene.backUp();
      const [weak = ''] = [...(await scene.endsOf(layout === 'plain' ? 'prod/' : 'data/')).keys()];
      // Written anew without a lock, as somebody else might: the locked version lies under it.
      await scene.memory.put(weak, await scene.memory.get(weak));

      const report = await scene.locks();

      assert.deepEqual(report.locks.get(snapshot.id), { until: undefined, mode: undefined, weakest: weak, isKept: false });
      assert.equal(report.required?.getTime(), Date.parse(snapshot.time) + rule.days * day);
    });

    test('read() finds older snapshots that the last run did not keep locked', async () => {
      await using scene = await setUp(open);
      const first = await scene.backUp();
      await scene.clock.advance(5 * day);
      // A writer that was killed before it came to the locks.
      const backupId = backupIdAt(scene.clock.now());
      const folder = path.join(scene.home.path, backupId);
      await scene.archive().save(folder, await makeSet(folder, backupId, { 'userRoot/own': 'x' }));

      const killed = await scene.locks();
      await (await scene.archive().objectLocks()).extend();
      const healed = await scene.locks();

      assert.equal(killed.locks.get(first.snapshot.id)?.isKept, false);
      assert.ok([...healed.locks.values()].every(({ isKept }) => isKept));
    });
  });
}

test('without a rule read() tells of the default of the bucket, and asks nothing of one that has none', async () => {
  const clock = new FakeClock();
  const home = await temporaryFolder('locked');
  const reports = [];
  for (const objectLock of [{ byDefault: { mode: 'governance', days: 7 } } as const, {}, undefined]) {
    const memory = new MemoryStore({ clock, objectLock });
    const archive = repositoryArchive(memory, { clock });
    await archive.create();
    const folder = path.join(home.path, '20261123100000Z');
    await archive.save(folder, await makeSet(folder, '20261123100000Z', { a: 'a' }));
    const locks = await archive.objectLocks();
    assert.equal(await locks.extend(), undefined);
    reports.push(await locks.read(await archive.list()));
  }
  await home.remove();

  const [byDefault, none, unable] = reports;
  assert.deepEqual([none, unable, byDefault?.required], [undefined, undefined, undefined]);
  const [lock] = [...(byDefault?.locks.values() ?? [])];
  assert.equal(lock?.until?.getTime(), clock.now().getTime() + 7 * day);
  assert.deepEqual([lock?.mode, lock?.isKept], ['governance', true]);
});

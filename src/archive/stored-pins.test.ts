import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { makeSet } from '../../test/harness/example-set.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { type Around, interceptedStore } from '../../test/harness/intercepted-store.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { Pin } from '../domain/pin.ts';
import { Failure } from '../foundation/failure.ts';
import { CountingStore } from '../object-stores/counting-store.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { Archive } from './archive.ts';
import { PlainArchive } from './plain/plain-archive.ts';

const hour = 3_600_000;
const layouts = {
  repository: (store: ObjectStore, clock: FakeClock): Archive => repositoryArchive(store, { clock, graceMilliseconds: hour }),
  plain: (store: ObjectStore, clock: FakeClock): Archive => new PlainArchive(store, { clock, graceMilliseconds: hour }),
};
const forLong: Pin = {
  at: '2026-11-24T10:00:00.000Z',
  by: 'anna@ops-1',
  reason: 'before the migration',
  until: '2027-11-24T10:00:00.000Z',
};
const forEver: Pin = { at: '2026-11-24T11:00:00.000Z', by: 'bert@ops-2' };

for (const [layout, open] of Object.entries(layouts)) {
  describe(`pins of the layout ${layout}`, () => {
    /** An archive with two snapshots, the newer one first. */
    async function setUp() {
      const clock = new FakeClock('2026-11-24T12:00:00Z');
      const store = new MemoryStore({ clock });
      const archive = open(store, clock);
      await archive.create();
      await using home = await temporaryFolder('pins');
      for (const backupId of ['20261122000000Z', '20261123000000Z']) {
        const folder = path.join(home.path, backupId);
        await archive.save(folder, await makeSet(folder, backupId, { file: backupId }));
      }
      const [newer, older] = await archive.list();
      assert.ok(newer !== undefined && older !== undefined);
      const keys = async () => (await Array.fromAsync(store.list('.rootcellar/pins/'))).map(({ key }) => key);
      const pinned = async () => (await open(store, clock).list()).map((snapshot) => snapshot.pinned);
      return { clock, store, archive, newer, older, keys, pinned, reopened: () => open(store, clock) };
    }

    test('pin() lists a snapshot as pinned and changes nothing else of it; unpin() ends that', async () => {
      const { archive, newer, older, keys, reopened } = await setUp();
      const pins = await archive.pins();

      await pins.pin(older, forLong);
      const listed = await reopened().list();
      const wasPinned = await pins.unpin(older);

      assert.deepEqual(listed, [newer, { ...older, pinned: forLong }]);
      assert.deepEqual(await keys(), [`.rootcellar/pins/${layout === 'plain' ? 'prod/20261122000000Z' : older.id}`]);
      assert.equal(wasPinned, true);
      assert.deepEqual(await reopened().list(), [newer, older]);
      assert.equal(await pins.unpin(older), false);
      assert.equal(await pins.unpin(newer), false);
    });

    test('pin() replaces a pin that is there', async () => {
      const { archive, older, pinned } = await setUp();
      const pins = await archive.pins();
      await pins.pin(older, forLong);

      await pins.pin(older, forEver);

      assert.deepEqual(await pinned(), [undefined, forEver]);
    });

    test('forget() drops nothing of what is pinned, nor what is named beside it', async () => {
      const { archive, older, newer, reopened, pinned } = await setUp();
      await (await archive.pins()).pin(older, forLong);

      await assert.rejects(reopened().forget([newer, older]), {
        code: 'E_SNAPSHOT_PINNED',
        exitCode: 1,
        message: `Cannot forget ${older.id.slice(0, 12)}: it is pinned (anna@ops-1, until 2027-11-24T10:00:00.000Z)`,
        hint: `if it may go, run "rootcellar unpin ${older.id.slice(0, 12)}" first`,
      });

      assert.deepEqual(await pinned(), [undefined, forLong]);
      // What was begun of the other one was given up.
      await (await archive.pins()).pin(newer, forEver);
      assert.deepEqual(await pinned(), [forEver, forLong]);
    });

    test('a pin ends by itself, and then its snapshot can be forgotten and pinned anew', async () => {
      const { archive, clock, older, pinned, keys } = await setUp();
      const pins = await archive.pins();
      await pins.pin(older, { ...forLong, until: '2026-11-24T13:00:00.000Z' });
      await clock.advance(hour - 1);
      const before = await pinned();
      await clock.advance(1);

      assert.notEqual(before[1], undefined);
      assert.deepEqual(await pinned(), [undefined, undefined]);
      assert.equal(await pins.unpin(older), false);
      await pins.pin(older, forLong);
      assert.deepEqual(await pinned(), [undefined, forLong]);
      await clock.advance(366 * 24 * hour);
      await archive.forget([older]);
      assert.deepEqual(await pinned(), [undefined]);
      assert.deepEqual(await keys(), []);
    });

    test('list() asks once for all pins, and reads none where nothing is pinned', async () => {
      const { clock, store, archive, older, newer } = await setUp();
      const counting = new CountingStore(store);
      const countOf = async (work: () => Promise<unknown>) => {
        const before = counting.counts().calls;
        await work();
        const { calls } = counting.counts();
        return { lists: calls.list - before.list, reads: calls.get - before.get };
      };
      const own = open(counting, clock);
      await own.list();
      const none = await countOf(() => own.list());
      await (await archive.pins()).pin(newer, forEver);
      await (await archive.pins()).unpin(newer);
      const unpinned = await countOf(() => own.list());
      await (await archive.pins()).pin(older, forLong);
      const one = await countOf(() => own.list());

      assert.deepEqual(unpinned, none);
      assert.deepEqual(one, { lists: none.lists, reads: none.reads + 1 });
    });

    test('a pin that cannot be read, or is that of another snapshot, holds; it is told, and can be replaced and ended', async () => {
      const { store, archive, older, newer, keys, pinned, reopened } = await setUp();
      const pins = await archive.pins();
      await pins.pin(older, forLong);
      const [key = ''] = await keys();
      const whole = await store.get(key);
      const damages = [whole.slice(0, -7), Buffer.from('rubbish'), Buffer.from('{"version":2,"kind":"pin"}'), Buffer.from('{}')];
      for (const bytes of damages) {
        await store.put(key, bytes);

        assert.deepEqual(await pinned(), [undefined, { at: '2026-11-24T12:00:00.000Z', by: 'unknown', damage: 'it cannot be read' }]);
        await assert.rejects(reopened().forget([older]), {
          code: 'E_SNAPSHOT_PINNED',
          message: /it is pinned, and the pin is damaged: it cannot be read$/,
        });
      }
      const [finding, ...others] = await reopened().verifyObjects(false);
      assert.deepEqual(
        [finding?.object, finding?.finding, finding?.isDamage, finding?.remedy, others],
        [
          key,
          'is the pin of a snapshot, and it cannot be read; it holds all the same, until somebody pins or unpins it',
          true,
          `pin ${layout === 'plain' ? '20261122000000Z' : older.id.slice(0, 12)}`,
          [],
        ],
      );
      await store.put(key.replace(older.id, newer.id).replace('20261122', '20261123'), whole);
      assert.equal((await pinned())[0]?.damage, 'it is that of another snapshot');

      await pins.pin(older, forEver);
      assert.equal(await pins.unpin(newer), true);

      assert.deepEqual(await pinned(), [undefined, forEver]);
      assert.deepEqual(await reopened().verifyObjects(false), []);
    });

    test('a pin whose object has lost its checksum at the store holds', async () => {
      const { clock, store, archive, older } = await setUp();
      await (await archive.pins()).pin(older, forLong);
      const damaged = new Failure('E_OBJECT_DAMAGED', 'Cannot read it: its checksum differs');
      const get: ObjectStore['get'] = (key, options) =>
        store.get(key, options).then((bytes) => (key.includes('/pins/') ? Promise.reject(damaged) : bytes));
      const failing = new Proxy(store, { get: (target, name) => (name === 'get' ? get : bound(target, name)) });

      const listed = await open(failing, clock).list();

      assert.equal(listed[1]?.pinned?.damage, 'it cannot be read');
    });

    test('other names beside the pins are passed over', async () => {
      const { store, pinned, reopened } = await setUp();
      for (const name of ['notes', 'a/b/c', '0123456789abcdef', '/x'])
        await store.put(`.rootcellar/pins/${name}`.replace('//', '/'), Buffer.from('{}'));

      assert.deepEqual(await pinned(), [undefined, undefined]);
      assert.deepEqual(await reopened().verifyObjects(false), []);
    });

    test('of a snapshot that is gone nothing is left pinned', async () => {
      const { archive, older, keys, pinned, store } = await setUp();
      await archive.forget([older]);

      await assert.rejects(async () => (await archive.pins()).pin(older, forLong), {
        code: 'E_SNAPSHOT_UNKNOWN',
        message: `Cannot pin ${older.id.slice(0, 12)}: it is no longer in ${store.location}`,
        hint: 'run "rootcellar list" to see what is there',
      });

      assert.deepEqual(await pinned(), [undefined]);
      const [rest = ''] = await keys();
      assert.equal((await store.get(rest)).length, 0);
    });

    test('prune() removes what is left of pins of snapshots that are gone, and no pin that holds', async () => {
      const { archive, clock, older, newer, keys, reopened } = await setUp();
      const pins = await archive.pins();
      await pins.pin(newer, forEver);
      await archive.forget([older]);
      await pins.pin(older, forLong).catch(() => undefined);
      const young = await reopened().planPrune();
      await clock.advance(2 * hour);
      const plan = await reopened().planPrune();
      await reopened().prune(plan);

      const named = ({ objects }: typeof plan) => objects.map(({ key }) => key).filter((key) => key.includes('/pins/'));
      assert.deepEqual(named(young), []);
      assert.equal(named(plan).length, 1);
      assert.deepEqual(await keys(), [`.rootcellar/pins/${layout === 'plain' ? 'prod/20261123000000Z' : newer.id}`]);
    });

    test('a pin whose snapshot something else removed is told, kept by prune, and can be ended', async () => {
      const { archive, clock, store, older, keys, reopened } = await setUp();
      const pins = await archive.pins();
      await pins.pin(older, forLong);
      const removed = await Array.fromAsync(store.list(layout === 'plain' ? 'prod/20261122000000Z/' : `snapshots/${older.id}`));
      await store.delete(removed.map(({ key }) => key));
      await clock.advance(2 * hour);
      await reopened().prune(await reopened().planPrune());

      const lost = await (await reopened().pins()).lost();
      const findings = (await reopened().verifyObjects(false)).filter(({ object }) => object.includes('/pins/'));

      const [key = ''] = await keys();
      assert.deepEqual(lost, [{ id: older.id, server: 'prod', backupId: older.backupId, key, pin: forLong }]);
      assert.deepEqual(findings, [
        {
          object: key,
          finding: `pins snapshot ${older.id.slice(0, 12)} (prod/20261122000000Z), which is not there: something removed it that does not ask for pins`,
          isDamage: true,
          remedy: `unpin ${older.id.slice(0, 12)}`,
        },
      ]);
      assert.equal(await pins.unpin(older), true);
      assert.deepEqual(await (await reopened().pins()).lost(), []);
    });

    test('pin() beside a forget: whichever of both is first wins, at every request', async () => {
      const outcomes = new Set<string>();
      let wasTried = true;
      for (let at = 0; wasTried; at += 1) {
        const { clock, store, older, pinned } = await setUp();
        let calls = 0;
        wasTried = false;
        let pinning: PromiseSettledResult<void> | undefined;
        const pinBefore: Around = async (_call, proceed) => {
          if (calls++ === at) {
            wasTried = true;
            [pinning] = await Promise.allSettled([
              open(store, clock)
                .pins()
                .then((pins) => pins.pin(older, forEver)),
            ]);
          }
          return proceed();
        };
        const [forgetting] = await Promise.allSettled([open(interceptedStore(store, pinBefore), clock).forget([older])]);
        if (pinning === undefined) break;
        const codes = [forgetting, pinning].map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as Failure).code));
        outcomes.add(codes.join(' '));
        const [, left] = await pinned();
        if (codes[1] === 'done') assert.deepEqual([codes[0], left], ['E_SNAPSHOT_PINNED', forEver], `at request ${at}`);
        else assert.deepEqual([codes[0], (await pinned()).length], ['done', 1], `at request ${at}`);
      }

      assert.deepEqual([...outcomes].toSorted(), ['E_SNAPSHOT_PINNED done', 'done E_SNAPSHOT_GOING']);
    });

    test('forget() beside a pin: whichever of both is first wins, at every request', async () => {
      const outcomes = new Set<string>();
      for (let at = 0; at < 40; at += 1) {
        const { clock, store, older, pinned } = await setUp();
        let calls = 0;
        let forgetting: PromiseSettledResult<void> | undefined;
        const forgetBefore: Around = async (_call, proceed) => {
          if (calls++ === at) [forgetting] = await Promise.allSettled([open(store, clock).forget([older])]);
          return proceed();
        };
        const [pinning] = await Promise.allSettled([
          open(interceptedStore(store, forgetBefore), clock)
            .pins()
            .then((pins) => pins.pin(older, forEver)),
        ]);
        if (forgetting === undefined) break;
        const codes = [pinning, forgetting].map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as Failure).code));
        outcomes.add(codes.join(' '));
        const left = await pinned();
        assert.deepEqual(left, codes[0] === 'done' ? [undefined, forEver] : [undefined], `at request ${at}`);
      }

      assert.deepEqual([...outcomes].toSorted(), ['E_SNAPSHOT_UNKNOWN done', 'done E_SNAPSHOT_PINNED']);
    });

    test('a forget that died keeps a snapshot from being pinned for the grace period, and no longer; a further forget goes on', async () => {
      const { clock, store, archive, older, newer, pinned, reopened } = await setUp();
      const dies: Around = async ({ name }, proceed) => {
        if (name === 'delete') throw new Error('killed');
        return proceed();
      };
      for (const snapshot of [older, newer]) await assert.rejects(open(interceptedStore(store, dies), clock).forget([snapshot]), /killed/);

      await assert.rejects(async () => (await archive.pins()).pin(older, forEver), {
        code: 'E_SNAPSHOT_GOING',
        exitCode: 11,
        message: `Cannot pin ${older.id.slice(0, 12)}: a forget has begun to drop it`,
        hint: 'see with "rootcellar list" whether it is gone; if that forget was killed, pin it again from 2026-11-24T13:00:00.000Z on, and copy or fetch it until then',
      });
      assert.deepEqual(await pinned(), [undefined, undefined]);
      assert.equal(await (await archive.pins()).unpin(older), false);
      await clock.advance(hour);
      await (await archive.pins()).pin(older, forEver);
      await reopened().forget([newer]);

      assert.deepEqual(await pinned(), [forEver]);
    });

    test('forget() gives up what it had begun where the store lets nothing go, so that it can be pinned at once', async () => {
      const { clock, store, archive, older, pinned } = await setUp();
      const denied = new Failure('E_ACCESS_DENIED', 'Cannot remove objects: denied');
      const refuses: Around = ({ name }, proceed) => (name === 'delete' ? Promise.reject(denied) : proceed());

      await assert.rejects(open(interceptedStore(store, refuses), clock).forget([older]), denied);
      await (await archive.pins()).pin(older, forEver);

      assert.deepEqual(await pinned(), [undefined, forEver]);
    });

    test('pin() gives up at a store that compares with another ETag than it tells, and changes nothing', async () => {
      const { store, clock, older, pinned } = await setUp();
      const contradicting = interceptedStore(store, ({ name }, proceed) =>
        name === 'put' ? Promise.reject(new Failure('E_OBJECT_CHANGED', 'it is another one by now')) : proceed(),
      );
      await assert.rejects((await open(contradicting, clock).pins()).pin(older, forLong), {
        code: 'E_STORE_FAILED',
        message:
          /^Cannot write \.rootcellar\/pins\/\S+ in memory: the store answered 50 times in a row that another writer had changed it meanwhile$/,
      });

      assert.deepEqual(await pinned(), [undefined, undefined]);
    });

    test('pin() keeps to what can be written: one line for people', async () => {
      const { archive, older, keys } = await setUp();
      for (const reason of ['', 'two\nlines', '\u001B[31mred', 'x'.repeat(501), 'a\u2028b'])
        await assert.rejects(async () => (await archive.pins()).pin(older, { ...forEver, reason }), { name: 'ZodError' });

      assert.deepEqual(await keys(), []);
    });
  });
}

test('a pin of the layout repository is sealed', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = layouts.repository(store, clock);
  await archive.create();
  await using folder = await temporaryFolder('pins');
  const snapshot = await archive.save(folder.path, await makeSet(folder.path, '20261122000000Z', { file: 'x' }));
  await (await archive.pins()).pin(snapshot, forLong);

  const [stored] = await Array.fromAsync(store.list('.rootcellar/pins/'));

  const bytes = Buffer.from(await store.get(stored?.key ?? ''));
  assert.ok(!bytes.includes('anna') && !bytes.includes('migration'));
});

test('a set of the layout plain stays pinned when its manifest is damaged, and what "aws s3 sync" left is not pinned', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = layouts.plain(store, clock);
  await archive.create();
  await using folder = await temporaryFolder('pins');
  const snapshot = await archive.save(folder.path, await makeSet(folder.path, '20261122000000Z', { file: 'x' }));
  await (await archive.pins()).pin(snapshot, forEver);
  await store.put('prod/20261122000000Z/manifest.json', Buffer.from('rubbish'));

  const [damaged] = await layouts.plain(store, clock).list();

  assert.ok(damaged !== undefined && damaged.id !== snapshot.id);
  assert.deepEqual([damaged.state, damaged.pinned], ['damaged', forEver]);
  await assert.rejects(layouts.plain(store, clock).forget([damaged]), { code: 'E_SNAPSHOT_PINNED' });
});

function bound(target: MemoryStore, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

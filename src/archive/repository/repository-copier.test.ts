import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archivePair, assertWhole, bytesOf, facts, grace, hour, keysOf } from '../../../test/harness/archive-pair.ts';
import { Failure } from '../../foundation/failure.ts';

for (const kind of ['same keys', 'new keys', 'made'] as const) {
  test(`copy() into a target of ${kind} gives the same snapshots, whole, and copies nothing when it is run again`, async () => {
    await using set = await archivePair(kind);
    for (const backupId of ['20261123100000Z', '20261123110000Z', '20261123120000Z']) await set.save(backupId);

    const first = await set.copyAll();
    const again = await set.copyAll();

    assert.deepEqual(
      first.copied.map(({ snapshot }) => snapshot.backupId),
      ['20261123100000Z', '20261123110000Z', '20261123120000Z'],
    );
    assert.deepEqual([again.copied, again.present.length, again.readBytes, again.writtenBytes], [[], 3, 0, 0]);
    const listed = await assertWhole(set.openTarget());
    assert.deepEqual(facts(listed), facts(await set.source.list()));
    assert.deepEqual(listed.map(({ id }) => id).toSorted(), first.copied.map(({ id }) => id).toSorted());
    assert.equal(first.writtenBytes, await bytesOf(set.to, 'data/'));
    assert.deepEqual([await keysOf(set.from, 'locks/'), await keysOf(set.to, 'locks/')], [[], []]);
    assert.equal(await set.copier().sharesKeys(), kind === 'same keys');
  });

  test(`copy() into a target of ${kind} reads only what that lacks`, async () => {
    await using set = await archivePair(kind);
    await set.save('20261123100000Z');
    await set.copyAll();
    await set.save('20261123110000Z');

    const plan = await set.copier().plan(await set.source.list());
    const { readBytes, copied } = await set.copyAll();

    assert.deepEqual([copied.length, plan.missing.length, plan.present.length], [1, 1, 1]);
    assert.ok(readBytes < 60_000, `it read ${readBytes} bytes`);
    assert.ok(readBytes >= (plan.missing[0]?.bytes ?? 0));
  });
}

test('copy() with the same keys carries whole packs under their own names', async () => {
  await using set = await archivePair('same keys');
  await set.save('20261123100000Z');
  await set.save('20261123110000Z');

  await set.copyAll();

  assert.deepEqual(await keysOf(set.to, 'data/'), await keysOf(set.from, 'data/'));
});

test('copy() with the same keys carries single blobs out of packs of which not all is wanted', async () => {
  await using set = await archivePair('same keys');
  const first = await set.save('20261123100000Z');
  const second = await set.save('20261123110000Z');
  await set.source.forget([first]);

  const { copied } = await set.copyAll();

  assert.deepEqual(
    copied.map(({ snapshot }) => snapshot.id),
    [second.id],
  );
  assert.notDeepEqual(await keysOf(set.to, 'data/'), await keysOf(set.from, 'data/'));
  assert.ok((await bytesOf(set.to, 'data/')) < (await bytesOf(set.from, 'data/')));
  assert.equal((await assertWhole(set.openTarget())).length, 1);
});

for (const kind of ['same keys', 'new keys'] as const) {
  test(`a target of ${kind} cuts as its source, so that a backup right into it shares what was copied`, async () => {
    await using set = await archivePair(kind);
    await set.save('20261123100000Z');
    await set.copyAll();
    const before = await bytesOf(set.to, 'data/');

    await set.save('20261123110000Z', '20261123100000Z', set.openTarget());

    const added = (await bytesOf(set.to, 'data/')) - before;
    assert.ok(added < 5000, `it added ${added} bytes`);
    await assertWhole(set.openTarget());
  });
}

test('copy() onward and back home knows where a snapshot came from first', async () => {
  await using set = await archivePair('same keys');
  await using third = await archivePair('made');
  await set.save('20261123100000Z');
  await set.copyAll();

  const onward = await set.copier(third.openTarget(), set.openTarget()).copy(await set.openTarget().list());
  const home = await set.copier(set.openSource(), third.openTarget()).copy(await third.openTarget().list());

  assert.deepEqual([onward.copied.length, home.copied.length, home.present.length], [1, 0, 1]);
});

test('copy() does not copy a set that is in the target under its name, however it came there', async () => {
  await using set = await archivePair('made');
  await set.save('20261123100000Z');
  await set.save('20261123100000Z', '20261123100000Z', set.openTarget());

  const { copied, present } = await set.copyAll();

  assert.deepEqual([copied, present.length], [[], 1]);
});

for (const kind of ['same keys', 'made'] as const) {
  test(`copy() into a target of ${kind} tells which snapshots are damaged, and copies the others`, async () => {
    await using set = await archivePair(kind);
    const first = await set.save('20261123100000Z');
    const before = await keysOf(set.from, 'data/');
    const second = await set.save('20261123110000Z');
    const packs = (await keysOf(set.from, 'data/')).filter((key) => !before.includes(key));
    const sizes = await Promise.all(packs.map(async (key) => (await set.from.get(key)).length));
    const damaged = packs[sizes.indexOf(Math.max(...sizes))] ?? '';
    const bytes = Uint8Array.from(await set.from.get(damaged));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await set.from.put(damaged, bytes);

    const outcome = await set.copyAll();

    assert.deepEqual(
      outcome.copied.map(({ snapshot }) => snapshot.id),
      [first.id],
    );
    assert.deepEqual(
      outcome.damaged.map(({ snapshot }) => snapshot.id),
      [second.id],
    );
    assert.match(outcome.damaged[0]?.finding ?? '', /^Cannot copy snapshot \w{12}: Cannot read data blob \w{12}: its MAC does not fit$/);
    assert.equal((await assertWhole(set.openTarget())).length, 1);
    await set.from.delete([damaged]);
    assert.match((await set.copyAll()).damaged[0]?.finding ?? '', /: Cannot read data blob \w{12}: pack \w{12} is missing$/);
  });
}

for (const hurt of ['first', 'second'] as const) {
  test(`copy() takes blobs that lie in two packs from the other one where the ${hurt} is damaged`, async () => {
    await using set = await archivePair('same keys');
    await set.save('20261123100000Z');
    const packs = { first: await keysOf(set.from, 'data/'), second: [] as readonly string[] };
    // A writer that began before the index was there stores the same once more.
    const [index = ''] = await keysOf(set.from, 'index/');
    const hidden = await set.from.get(index);
    await set.from.delete([index, ...(await keysOf(set.from, 'snapshots/'))]);
    await set.save('20261123100000Z', '20261123100000Z', set.openSource());
    packs.second = (await keysOf(set.from, 'data/')).filter((key) => !packs.first.includes(key));
    await set.from.put(index, hidden);
    assert.ok(packs.second.length >= 3);
    for (const key of packs[hurt]) {
      const bytes = await set.from.get(key);
      // The trees of both are not the same: they tell when their manifest was stored.
      if (bytes.length > 4096)
        await set.from.put(
          key,
          bytes.map((byte) => byte ^ 1),
        );
    }

    const { copied, damaged } = await set.copyAll();

    assert.deepEqual([copied.length, damaged], [1, []]);
    assert.equal((await assertWhole(set.openTarget())).length, 1);
  });
}

test('copy() does not build on packs of the target that a prune has marked, nor writes them anew', async () => {
  await using set = await archivePair('same keys');
  await set.save('20261123100000Z');
  await set.copyAll();
  const packs = await keysOf(set.to, 'data/');
  await set.openTarget().forget(await set.openTarget().list());
  await set.openTarget().prune(await set.openTarget().planPrune());

  const { copied } = await set.copyAll();
  await set.clock.advance(grace + hour);
  await set.openTarget().prune(await set.openTarget().planPrune());

  assert.equal(copied.length, 1);
  assert.equal((await assertWhole(set.openTarget())).length, 1);
  for (const key of await keysOf(set.to, 'data/')) assert.ok(!packs.includes(key));
});

test('copy() writes no snapshot when assertHeld() rejects, and none after an abort', async () => {
  await using set = await archivePair('same keys');
  await set.save('20261123100000Z');

  const all = await set.source.list();
  await assert.rejects(set.copier().copy(all, { assertHeld: () => Promise.reject(new Error('lost')) }), { message: 'lost' });
  await assert.rejects(set.copier().copy(all, { signal: AbortSignal.abort(new Error('stopped')) }), { message: 'stopped' });

  assert.deepEqual(await keysOf(set.to, 'snapshots/'), []);
  assert.deepEqual(await keysOf(set.to, 'locks/'), []);
});

test('copy() goes on without a lock on a source that may only be read', async () => {
  await using set = await archivePair('same keys');
  await set.save('20261123100000Z');
  const readOnly = new Proxy(set.from, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name === 'put') return () => Promise.reject(denied());
      return (...words: unknown[]): unknown => Reflect.apply(value, target, words);
    },
  });
  const notes: string[] = [];

  const { copied } = await set.copier(set.openTarget(), set.openSource(readOnly)).copy(await set.source.list(), {
    report: (event) => {
      if (event.kind === 'note') notes.push(event.text);
    },
  });

  assert.equal(copied.length, 1);
  assert.deepEqual(notes, ['the first archive is not locked meanwhile, as this account may not write to it']);
});

function denied(): Failure {
  return new Failure('E_ACCESS_DENIED', 'Cannot write: not allowed');
}

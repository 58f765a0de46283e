import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../../../src/object-stores/memory-store.ts';
import { archivePair, assertWhole, contentOf, facts } from '../../harness/archive-pair.ts';
import { dyingStore } from '../../harness/dying-store.ts';

for (const kind of ['same keys', 'made'] as const) {
  test(`copy() into a target of ${kind} that is killed at any write has copied whole snapshots only, and goes on at once`, async () => {
    await using set = await archivePair(kind);
    for (const backupId of ['20261123100000Z', '20261123110000Z']) await set.save(backupId);
    const expected = facts(await set.source.list());
    const empty = await contentOf(set.to);
    let isFinished = false;
    let points = 0;
    for (let operations = 0; !isFinished; operations += 1) {
      const to = new MemoryStore({ clock: set.clock });
      for (const [key, bytes] of empty) await to.put(key, bytes);
      isFinished = await set.copyAll(set.copier(set.openTarget(dyingStore(to, operations)))).then(
        () => true,
        () => false,
      );
      points += 1;

      await assertWhole(set.openTarget(to));
      if (!isFinished) await set.copyAll(set.copier(set.openTarget(to)));
      assert.deepEqual(facts(await assertWhole(set.openTarget(to))), expected);
    }
    assert.ok(points > 8, `it was killed at ${points - 1} writes`);
  });
}

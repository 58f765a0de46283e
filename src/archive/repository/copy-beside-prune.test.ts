import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archivePair, assertWhole, grace, hour, keysOf } from '../../../test/harness/archive-pair.ts';
import { makeSet } from '../../../test/harness/example-set.ts';
import { freezingStore } from '../../../test/harness/freezing-store.ts';
import { interceptedStore } from '../../../test/harness/intercepted-store.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';

const frozenAtRemoval = (store: ObjectStore, meanwhile: () => Promise<unknown>): ObjectStore =>
  freezingStore(store, ({ name, keys: [key = ''] }) => name === 'delete' && key.startsWith('data/'), meanwhile);

test('copy() does not write packs under names that a frozen prune may still remove, after another prune removed them', async () => {
  await using set = await archivePair('same keys');
  await set.save('20261123100000Z');
  const [copied] = (await set.copyAll()).copied;
  const prune = async (over?: ObjectStore): Promise<unknown> => {
    const archive = set.openTarget(over);
    return archive.prune(await archive.planPrune());
  };
  await set.openTarget().forget((await set.openTarget().list()).filter(({ id }) => id === copied?.id));
  await prune();
  await set.clock.advance(grace);
  const meanwhile = async (): Promise<void> => {
    await set.clock.advance(hour);
    await prune();
    await prune();
    assert.deepEqual(await keysOf(set.to, 'data/'), []);
    await set.copyAll();
  };

  await prune(frozenAtRemoval(set.to, meanwhile));

  assert.equal((await assertWhole(set.openTarget())).length, 1);
});

test('copy() does not write packs under names that a frozen prune may still remove, as a killed copy left them in no index', async () => {
  await using set = await archivePair('same keys');
  await set.save('20261123100000Z');
  const dying = interceptedStore(set.to, async ({ name, keys: [key = ''] }, proceed) => {
    if (name === 'put' && key.startsWith('index/')) throw new Error('killed');
    return proceed();
  });
  await assert.rejects(set.copyAll(set.copier(set.openTarget(dying))), { message: 'killed' });
  await set.clock.advance(grace);
  const meanwhile = async (): Promise<void> => {
    await set.clock.advance(hour);
    await set.copyAll();
  };
  const archive = set.openTarget(frozenAtRemoval(set.to, meanwhile));

  await archive.prune(await archive.planPrune());

  assert.equal((await assertWhole(set.openTarget())).length, 1);
});

test('copy() whose lock was lost at one snapshot looks for all that the next ones need as well', async () => {
  await using set = await archivePair('same keys');
  const save = async (backupId: string): Promise<Snapshot> => {
    await using folder = await temporaryFolder();
    return await set.source.save(folder.path, await makeSet(folder.path, backupId, { [`userRoot/${backupId}`]: backupId }));
  };
  const [first, second] = [await save('20261123100000Z'), await save('20261123110000Z')];
  await set.copier().copy([second]);
  await set.openTarget().forget(await set.openTarget().list());
  const before = await keysOf(set.to, 'data/');
  let isFirst = true;
  const robbed = interceptedStore(set.to, async ({ name, keys: [key = ''] }, proceed) => {
    if (name === 'put' && key.startsWith('snapshots/') && isFirst) {
      isFirst = false;
      // What a prune of restic does once nobody has a lock.
      await set.to.delete([...(await keysOf(set.to, 'locks/')), ...before]);
    }
    return proceed();
  });

  await assert.rejects(set.copier(set.openTarget(robbed)).copy([first, second]), { code: 'E_REPOSITORY_CHANGED' });

  assert.deepEqual(
    (await assertWhole(set.openTarget())).map(({ backupId }) => backupId),
    [first.backupId],
  );
});

test('copy() passes over a snapshot that is forgotten in the source meanwhile, and copies the others', async () => {
  await using set = await archivePair('same keys');
  const [first, second] = [await set.save('20261123100000Z'), await set.save('20261123110000Z')];
  const forgetting = freezingStore(
    set.to,
    ({ name, keys: [key = ''] }) => name === 'put' && key.startsWith('index/'),
    () => set.openSource().forget([first]),
  );

  const { copied, damaged } = await set.copyAll(set.copier(set.openTarget(forgetting)));

  assert.deepEqual([copied.map(({ snapshot }) => snapshot.id), damaged], [[second.id], []]);
  assert.equal((await assertWhole(set.openTarget())).length, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DamagedArchive, findings, flipped, newestFirst, threeSets } from '../../../test/harness/damaged-archive.ts';
import { dyingStore } from '../../../test/harness/dying-store.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { Secret } from '../../foundation/secret.ts';

const whole = { config: 'whole', healedKeys: [], lostKeys: [] };

async function setUp(): Promise<DamagedArchive & { readonly config: Uint8Array; readonly key: string }> {
  const set = await threeSets();
  const [key = ''] = await set.keys('keys/');
  return { ...set, config: await set.store.get('config'), key };
}

async function assertOpensWhole(set: DamagedArchive): Promise<void> {
  assert.deepEqual(await set.wholeSnapshots(), { whole: newestFirst, broken: [] });
  assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
  assert.deepEqual(await set.open().repairs.planConfig(), whole);
}

test('planConfig() finds nothing wrong with a repository that opens', async () => {
  await using set = await setUp();

  assert.deepEqual(await set.open().repairs.planConfig(), whole);
});

test('repairConfig() puts right a flipped bit of the config: it is what it was', async () => {
  await using set = await setUp();
  await set.store.put('config', flipped(set.config, 500));
  await assert.rejects(set.open().open(), {
    code: 'E_REPOSITORY_DAMAGED',
    exitCode: 20,
    message: 'Cannot read the config of the repository: its MAC does not fit',
    hint: 'run "rootcellar repair config"',
  });

  assert.deepEqual(await set.open().repairs.planConfig(), { ...whole, config: 'healed' });
  await set.open().repairs.repairConfig();

  assert.deepEqual(await set.store.get('config'), set.config);
  await assertOpensWhole(set);
});

for (const [how, spoil, says] of [
  [
    'was removed',
    (set: DamagedArchive) => set.store.delete(['config']),
    'Cannot read the config of the repository: it is missing, and there are snapshots or an index',
  ],
  [
    'is empty',
    (set: DamagedArchive) => set.store.put('config', new Uint8Array()),
    'Cannot read the config of the repository: its MAC does not fit',
  ],
  [
    'is that of another repository',
    (set: DamagedArchive) => set.store.put('config', Buffer.alloc(155, 7)),
    'Cannot read the config of the repository: its MAC does not fit',
  ],
] as const) {
  test(`repairConfig() makes a config anew that ${how}, and the next backup is whole`, async () => {
    await using set = await setUp();
    await spoil(set);
    await assert.rejects(set.open().open(), { exitCode: 20, message: says });
    if (how === 'was removed') await assert.rejects(set.open().create(), { exitCode: 20, message: says });

    assert.deepEqual(await set.open().repairs.repairConfig(), { ...whole, config: 'new' });

    await assertOpensWhole(set);
    await set.save('20261123130000Z');
    assert.deepEqual(await set.wholeSnapshots(), { whole: ['20261123130000Z', ...newestFirst], broken: [] });
  });
}

test('repairConfig() puts right a flipped bit of the only key', async () => {
  await using set = await setUp();
  const bytes = await set.store.get(set.key);
  await set.store.put(set.key, flipped(bytes, 1234));
  await assert.rejects(set.open().open(), {
    code: 'E_REPOSITORY_DAMAGED',
    exitCode: 20,
    message: 'Cannot read the archive memory: none of its 1 key can be read',
    hint: 'run "rootcellar repair config"',
  });

  assert.deepEqual(await set.open().repairs.repairConfig(), { ...whole, healedKeys: [set.key.slice(5)] });

  assert.deepEqual(await set.store.get(set.key), bytes);
  await assertOpensWhole(set);
});

test('repairConfig() puts two keys back that lie under each other’s names, and both passwords open', async () => {
  await using set = await setUp();
  await addPassword(set, 'second');
  const [one = '', other = ''] = await set.keys('keys/');
  const [first, second] = [await set.store.get(one), await set.store.get(other)];
  await set.store.put(one, second);
  await set.store.put(other, first);

  assert.deepEqual((await set.open().repairs.repairConfig()).healedKeys.length, 2);

  assert.deepEqual([await set.store.get(one), await set.store.get(other)], [first, second]);
  for (const password of ['test', 'second']) await repositoryArchive(set.store, { clock: set.clock, password }).open();
});

test('repairConfig() puts a key aside of which nothing can be made, and tells who it was that can no longer open', async () => {
  await using set = await setUp();
  await addPassword(set, 'second');
  const other = (await set.keys('keys/')).find((key) => key !== set.key) ?? '';
  const bytes = (await set.store.get(other)).subarray(0, 200);
  await set.store.put(other, bytes);
  assert.deepEqual(await findings(set, false), { hurt: [], objects: [`${other} repair config`] });
  await assert.rejects(repositoryArchive(set.store, { clock: set.clock, password: 'second' }).open(), {
    code: 'E_WRONG_KEY',
    message: 'Cannot open the archive memory: the password fits none of its 2 keys, of which 1 cannot be read',
  });

  const { lostKeys } = await set.open().repairs.repairConfig();

  assert.deepEqual(
    lostKeys.map(({ id }) => id),
    [other.slice(5)],
  );
  assert.deepEqual(await set.keys('keys/'), [set.key]);
  assert.deepEqual(Buffer.from(await set.store.get(`.rootcellar/damaged/${other}`)), Buffer.from(bytes));
  await assertOpensWhole(set);
});

test('repairConfig() refuses where no key opens: nothing could ever be read', async () => {
  await using set = await setUp();
  await set.store.delete(['config', set.key]);

  await assert.rejects(set.open().repairs.repairConfig(), {
    code: 'E_WRONG_KEY',
    exitCode: 12,
    message: 'Cannot repair the archive memory: none of its 0 key files can be read or put right',
  });
  const wrong = repositoryArchive(set.store, { clock: set.clock, password: 'wrong' });
  await set.store.put(set.key, Buffer.from('x'));
  await assert.rejects(wrong.repairs.planConfig(), { code: 'E_WRONG_KEY' });
});

test('repairConfig() refuses where there was no repository', async () => {
  await using set = await setUp();
  await set.store.delete(await set.keys(''));

  await assert.rejects(set.open().repairs.repairConfig(), {
    code: 'E_ARCHIVE_MISSING',
    exitCode: 10,
    message: 'Cannot repair the archive memory: there is none',
  });
});

test('repairConfig() that is killed at any write can be run again', async () => {
  await using set = await setUp();
  await addPassword(set, 'second');
  const other = (await set.keys('keys/')).find((key) => key !== set.key) ?? '';
  await set.store.put(other, new Uint8Array());
  await set.store.put(set.key, flipped(await set.store.get(set.key), 100));
  await set.store.delete(['config']);
  const begin = await set.content();
  let isFinished = false;
  let operations = 0;
  for (; !isFinished; operations += 1) {
    await set.comeBackTo(begin);
    isFinished = await set
      .open(dyingStore(set.store, operations))
      .repairs.repairConfig()
      .then(
        () => true,
        () => false,
      );
    await set.clock.advance(31 * 60_000);
    await set.open().repairs.repairConfig();

    assert.deepEqual(await set.wholeSnapshots(), { whole: newestFirst, broken: [] });
    assert.deepEqual(await set.open().repairs.planConfig(), whole);
  }
  assert.ok(operations >= 6);
});

async function addPassword(set: DamagedArchive, password: string): Promise<void> {
  const keys = await set.open().keys();
  await keys.add(new Secret(password), { username: 'tester', hostname: 'test-host' });
}

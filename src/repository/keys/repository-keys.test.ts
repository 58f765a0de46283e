import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dyingStore } from '../../../test/harness/dying-store.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { freezingStore } from '../../../test/harness/freezing-store.ts';
import { Secret } from '../../foundation/secret.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { makeRepository, Repository } from '../repository.ts';

const scrypt = { N: 16, r: 1, p: 1 };
const owner = { hostname: 'pod-0', username: 'backup', pid: 1 };
const labels = { hostname: 'safe', username: 'vault' };
const first = new Secret('first password');
const second = new Secret('second password');
const third = new Secret('third password');

async function setUp() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  await makeRepository(store, first, { clock, owner, scrypt });
  const open = (password: Secret, over: ObjectStore = store) =>
    Repository.open(over, password, { clock, owner, scrypt, graceMilliseconds: 0 });
  const keysBy = async (password: Secret, over?: ObjectStore) => (await open(password, over)).keys(password);
  const opens = (password: Secret) =>
    open(password).then(
      () => true,
      () => false,
    );
  const names = async (prefix: string) => (await Array.fromAsync(store.list(prefix))).map(({ key }) => key.slice(prefix.length));
  return { clock, store, open, keysBy, opens, names };
}

test('list() names the key in use, with what its maker said of it', async () => {
  const { clock, keysBy } = await setUp();
  await clock.advance(60_000);
  const { id } = await (await keysBy(first)).add(second, labels);

  const listed = await (await keysBy(second)).list();

  assert.deepEqual(
    listed.map(({ isInUse, created, username, hostname, damage }) => ({ isInUse, created, username, hostname, damage })),
    [
      { isInUse: true, created: '2026-11-23T10:47:46Z', username: 'vault', hostname: 'safe', damage: undefined },
      { isInUse: false, created: '2026-11-23T10:46:46Z', username: 'backup', hostname: 'pod-0', damage: undefined },
    ],
  );
  assert.equal(listed[0]?.id, id);
});

test('list() tells what is damaged, and the other keys work', async () => {
  const { clock, store, keysBy, names } = await setUp();
  await clock.advance(60_000);
  await (await keysBy(first)).add(second, labels);
  const [whole = '', damaged = ''] = (await (await keysBy(second)).list()).map(({ id }) => id);
  const bytes = await store.get(`keys/${damaged}`);
  await store.put(`keys/${damaged}`, bytes.subarray(1));
  await store.put('keys/.DS_Store', Uint8Array.of(1));

  const listed = await (await keysBy(second)).list();

  assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set([whole, damaged]));
  const found = listed.find(({ id }) => id === damaged);
  assert.match(found?.damage ?? '', new RegExp(`^Cannot read key ${damaged.slice(0, 12)}: its bytes hash to \\w{12}$`));
  await (await keysBy(second)).remove(damaged);
  assert.deepEqual(await names('keys/'), ['.DS_Store', whole]);
});

test('add() lets both passwords open the repository, and adds nothing for one that does already', async () => {
  const { keysBy, opens, names } = await setUp();

  const added = await (await keysBy(first)).add(second, labels);
  const again = await (await keysBy(first)).add(second, labels);

  assert.deepEqual([added.isNew, again], [true, { id: added.id, isNew: false }]);
  assert.deepEqual([await opens(first), await opens(second), await opens(third)], [true, true, false]);
  assert.equal((await names('keys/')).length, 2);
  assert.deepEqual(await names('locks/'), []);
});

test('add() leaves nothing of a key that the store gives back altered', async () => {
  const { store, keysBy, names } = await setUp();
  const unfaithful = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...words: unknown[]): unknown => {
        const [key, bytes] = words;
        if (name === 'put' && String(key).startsWith('keys/')) return target.put(String(key), (bytes as Uint8Array).subarray(1));
        return Reflect.apply(value, target, words);
      };
    },
  });

  await assert.rejects((await keysBy(first, unfaithful)).add(second, labels), {
    code: 'E_STORE_UNFAITHFUL',
    exitCode: 20,
    message: 'Cannot make a key: memory gives back another one than was written',
  });

  assert.equal((await names('keys/')).length, 1);
});

test('add() refuses more keys than are tried', async () => {
  const { keysBy } = await setUp();
  const keys = await keysBy(first);
  for (let i = 2; i <= 20; i += 1) await keys.add(new Secret(`password ${i}`), labels);

  await assert.rejects(keys.add(second, labels), {
    code: 'E_TOO_MANY_KEYS',
    message: 'Cannot add a key: memory has 20, and no more are tried for a password',
  });
});

test('remove() takes a password away, and refuses the key in use, unknown ones and what names several', async () => {
  const { keysBy, opens, open } = await setUp();
  const { id } = await (await keysBy(first)).add(second, labels);
  const keys = await keysBy(second);
  const [other = ''] = (await keys.list()).filter((key) => !key.isInUse).map((key) => key.id);

  await assert.rejects(keys.remove(id), {
    code: 'E_KEY_IN_USE',
    message: `Cannot remove key ${id.slice(0, 12)}: it is the one that opened the archive just now`,
  });
  await assert.rejects(keys.planRemoval('zz'), {
    code: 'E_KEY_UNKNOWN',
    message: 'Cannot find key "zz": none of the 2 has this ID',
  });
  const plan = await keys.planRemoval(other.slice(0, 6));
  assert.deepEqual([plan.key.id, plan.staying.map((key) => key.id)], [other, [id]]);
  assert.equal(await opens(first), true);
  await keys.remove(other);

  assert.equal(await opens(second), true);
  await assert.rejects(open(first), { code: 'E_WRONG_KEY', exitCode: 12 });
});

test('remove() leaves the last key even when the one in use is gone', async () => {
  const { store, keysBy, opens } = await setUp();
  const { id } = await (await keysBy(first)).add(second, labels);
  const keys = await keysBy(second);
  const [other = ''] = (await keys.list()).filter((key) => !key.isInUse).map((key) => key.id);
  await store.delete([`keys/${id}`]);

  await assert.rejects(keys.remove(other), {
    code: 'E_KEY_IN_USE',
    message: `Cannot remove key ${other.slice(0, 12)}: the one that opened the archive just now is gone`,
  });

  assert.equal(await opens(first), true);
});

test('change() replaces every key of the old password, and leaves those of others', async () => {
  const { keysBy, opens, names } = await setUp();
  const keys = await keysBy(first);
  await keys.add(third, labels);

  const changed = await keys.change(second, labels);

  assert.equal(changed.removed.length, 1);
  assert.deepEqual([await opens(first), await opens(second), await opens(third)], [false, true, true]);
  assert.equal((await names('keys/')).length, 2);
  assert.deepEqual(await names('locks/'), []);
});

test('change() refuses the password that is in use', async () => {
  const { keysBy } = await setUp();

  await assert.rejects((await keysBy(first)).change(new Secret(first.reveal()), labels), {
    exitCode: 2,
    message: 'Cannot change the password: the new one is the one in use',
  });
});

test('change() that is killed at any write leaves a password that opens, and goes on when it is run again', async () => {
  let isFinished = false;
  let points = 0;
  for (let operations = 0; !isFinished; operations += 1) {
    const { clock, store, keysBy, opens, names } = await setUp();
    isFinished = await (await keysBy(first, dyingStore(store, operations))).change(second, labels).then(
      () => true,
      () => false,
    );
    points += 1;

    assert.ok((await opens(first)) || (await opens(second)), `a password opens it after ${operations} writes`);
    // What the killed one locked ages meanwhile.
    await clock.advance(3_600_000);
    if (await opens(first)) await (await keysBy(first)).change(second, labels);
    assert.deepEqual([await opens(first), await opens(second)], [false, true]);
    assert.equal((await names('keys/')).length, 1);
  }
  assert.ok(points >= 4, `it was killed at ${points - 1} writes`);
});

/** A process whose lock ends while it stands still right before it removes a key. */
const frozenAtRemoval = (store: MemoryStore, meanwhile: () => Promise<unknown>): ObjectStore =>
  freezingStore(store, ({ name, keys: [key = ''] }) => name === 'delete' && key.startsWith('keys/'), meanwhile);

test('change() frozen right before it removes the old key leaves the new password, though another removed its key meanwhile', async () => {
  const { clock, store, keysBy, opens, names } = await setUp();
  const meanwhile = async (): Promise<void> => {
    await clock.advance(3_600_000);
    const keys = await keysBy(first);
    for (const { id, isInUse } of await keys.list()) if (!isInUse) await keys.remove(id);
  };

  const { id } = await (await keysBy(first, frozenAtRemoval(store, meanwhile))).change(second, labels);

  assert.deepEqual([await opens(first), await opens(second)], [false, true]);
  assert.deepEqual(await names('keys/'), [id]);
});

test('remove() frozen right before it removes a key leaves one, though another removed the one in use meanwhile', async () => {
  const { clock, store, keysBy, opens, names } = await setUp();
  const { id } = await (await keysBy(first)).add(second, labels);
  const [own = ''] = (await names('keys/')).filter((one) => one !== id);
  const meanwhile = async (): Promise<void> => {
    await clock.advance(3_600_000);
    await (await keysBy(second)).remove(own);
  };

  await (await keysBy(first, frozenAtRemoval(store, meanwhile))).remove(id);

  assert.deepEqual([await opens(first), await opens(second)], [true, false]);
});

test('a key of other master keys, which a killed init leaves, is passed over', async () => {
  const { clock, store, opens, keysBy } = await setUp();
  const other = new MemoryStore({ clock });
  await makeRepository(other, first, { clock, owner, scrypt });
  await clock.advance(60_000);
  for await (const { key } of other.list('keys/')) await store.put(key, await other.get(key));

  assert.equal(await opens(first), true);
  await (await keysBy(first)).change(second, labels);
  assert.deepEqual([await opens(first), await opens(second)], [false, true]);
});

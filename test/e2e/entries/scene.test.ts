import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalDn } from '../../../src/domain/dn.ts';
import { deleteSubtree, differing, dropMembers, manglePeople, nothing, setEntriesScene } from '../entries-scene.ts';

test('setEntriesScene() has entries of every kind, and each way to harm them is seen by the comparison', async () => {
  await using scene = await setEntriesScene();
  const { client, dns } = scene;
  const before = await scene.entries();
  const found = new Set([...before.keys()].map(normalDn));
  assert.deepEqual(
    Object.values(dns).filter((dn) => !found.has(normalDn(dn))),
    [],
  );
  assert.equal(before.size, 303 + 14);

  await dropMembers(client, dns.editors, 'uniqueMember', [dns.manyParts]);
  await manglePeople(scene, 3);
  await client.modifyDN(dns.europe, `ou=Europe,${dns.groups}`);
  const after = await scene.entries();
  const { changed, missing, added } = differing(before, after);

  const people = [0, 1, 2].map((number) => `uid=user.${number},${dns.people}`);
  // Both parents count what is below them.
  assert.deepEqual(changed, [dns.editors, dns.groups, dns.regions, ...people].map((dn) => dn.toLowerCase()).toSorted());
  assert.deepEqual([missing.length, added.length], [6, 6]);
  assert.deepEqual(differing(after, await scene.entries()), nothing);
  assert.equal((await deleteSubtree(client, dns.regions)).length, 5);
});

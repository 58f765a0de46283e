import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { ageingFolders } from './ageing-folders.ts';

const some = new TextEncoder().encode('some');
const other = new TextEncoder().encode('other');

test('ageingFolders() makes objects older, which keep their etags: a write goes by what was read before', async () => {
  await using home = await temporaryFolder('ageing');
  const { clock, stores } = await ageingFolders(home.path);
  const store = stores.first;
  const before = await store.put('pins/one', some);
  for (let hours = 0; hours < 3; hours += 1) await clock.advance(3_600_000);

  const after = await store.head('pins/one');
  assert.equal(after?.etag, before.etag);
  assert.equal(Math.round((before.modifiedAt.getTime() - after.modifiedAt.getTime()) / 1000), 3 * 3600);
  await store.get('pins/one', { etag: before.etag });
  await store.put('pins/one', other, { condition: { etag: before.etag } });
  await clock.advance(1000);
  await assert.rejects(store.put('pins/one', some, { condition: { etag: before.etag } }), { code: 'E_OBJECT_CHANGED' });
});

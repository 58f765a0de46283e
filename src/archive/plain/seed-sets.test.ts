import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';
import { PlainArchive } from './plain-archive.ts';

const descriptor = `backend_dn=ds-cfg-backend-id=userRoot,cn=Backends,cn=config

backup_id=20250421213402Z
backup_date=20250421213403Z
incremental=false
compressed=false
encrypted=true
property.archive_file=userRoot-backup-20250421213402Z
`;

/** What `aws s3 sync /opt/pingdirectory-backup s3://…/userRoot/` leaves. */
async function syncedBucket(files: Readonly<Record<string, string>>) {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  for (const [key, content] of Object.entries(files)) await store.put(key, new TextEncoder().encode(content));
  return { store, archive: new PlainArchive(store, { clock, graceMilliseconds: 0 }) };
}

test('list() shows what "aws s3 sync" left as unlisted, and read() gives its bytes', async () => {
  const { archive } = await syncedBucket({
    'userRoot/backup.info': descriptor,
    'userRoot/backup.info.save': '',
    'userRoot/userRoot-backup-20250421213402Z': 'content',
  });

  const [snapshot, ...others] = await archive.list();

  assert.ok(snapshot);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [snapshot.time, snapshot.backupId, snapshot.backends, snapshot.state],
    ['2025-04-21T21:34:03.000Z', '20250421213402Z', ['userRoot'], 'unlisted'],
  );
  const manifest = await archive.manifest(snapshot);
  assert.equal(manifest.backends[0]?.isEncrypted, true);
  assert.deepEqual(
    manifest.files.map((file) => file.path),
    ['userRoot/backup.info', 'userRoot/userRoot-backup-20250421213402Z'],
  );
  const file = manifest.files[1];
  assert.ok(file);
  assert.equal(Buffer.concat(await Array.fromAsync(archive.read(snapshot, file))).toString(), 'content');
  assert.deepEqual(await archive.verify(snapshot, true), []);
});

test('list() shows a file that the overwritten backup.info no longer names as damaged', async () => {
  const { archive } = await syncedBucket({
    'userRoot/backup.info': descriptor,
    'userRoot/userRoot-backup-20250421213402Z': 'content',
    'userRoot/userRoot-backup-20250420153402Z': 'older',
  });

  const orphan = (await archive.list()).find((snapshot) => snapshot.backupId === '20250420153402Z');

  assert.equal(orphan?.state, 'damaged');
  assert.deepEqual(orphan.remarks, [
    'its backup.info was overwritten by a later sync and no longer names it, so the server would not find it',
  ]);
});

test('list() shows a backup whose file is missing as damaged', async () => {
  const { archive } = await syncedBucket({ 'userRoot/backup.info': descriptor });

  const [snapshot] = await archive.list();

  assert.equal(snapshot?.state, 'damaged');
  assert.deepEqual(snapshot.remarks, ['userRoot/userRoot-backup-20250421213402Z is missing']);
});

test('forget() refuses a set that "aws s3 sync" left', async () => {
  const { archive } = await syncedBucket({
    'userRoot/backup.info': descriptor,
    'userRoot/userRoot-backup-20250421213402Z': 'content',
  });
  const [snapshot] = await archive.list();
  assert.ok(snapshot);

  await assert.rejects(archive.forget([snapshot]), { code: 'E_FORGET_REFUSED' });
});

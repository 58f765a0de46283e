import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { makeSet } from '../../../test/harness/example-set.ts';
import { makeZip, type ZipMember } from '../../../test/harness/example-zip.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { withCrc } from '../../../test/harness/same-crc.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import type { Manifest } from '../../domain/manifest.ts';
import type { SavedSnapshot } from '../archive.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';
import { describeFiles } from '../../staging/set-files.ts';

const old = randomBytes(1_300_000);
const grown = randomBytes(1_200_000);

/** An archive of sets that each hold one zip; with this share of what is known hashed again. */
async function setUp(context: TestContext, rehashShare: number) {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const writer = { workers: 2, packBytes: 256 * 1024, cutSizes: { min: 4096, average: 8192, max: 32_768 }, rehashShare };
  const open = () => repositoryArchive(store, { clock, writer });
  await open().create();
  const home = await temporaryFolder();
  context.after(() => home[Symbol.asyncDispose]());
  const folderOf = (backupId: string) => path.join(home.path, backupId);
  const save = async (backupId: string, zip: Uint8Array): Promise<SavedSnapshot> => {
    const folder = folderOf(backupId);
    const manifest = await makeSet(folder, backupId, { [`userRoot/backup-${backupId}`]: zip });
    const files = await describeFiles(folder, { isHashed: false });
    return open().save(folder, { ...manifest, files } satisfies Manifest);
  };
  const fetched = async (snapshot: SavedSnapshot): Promise<Buffer> => {
    const archive = open();
    assert.deepEqual(await archive.verify(snapshot, true), []);
    const { files } = await archive.manifest(snapshot);
    const target = path.join(home.path, 'fetched');
    await archive.fetch(snapshot, [{ file: files[0] ?? assert.fail('no file'), target }]);
    return readFile(target);
  };
  return { save, fetched };
}

const members = (first: Uint8Array, second: Uint8Array, more: Partial<ZipMember> = {}): ZipMember[] => [
  { name: '00000000.jdb', content: first, isStored: true, ...more },
  { name: '00000001.jdb', content: second, isStored: true, ...more },
];

test('save() stores of the next backup only the member that changed, and gives back just its bytes', async (context) => {
  const { save, fetched } = await setUp(context, 0.05);
  const first = makeZip(members(old, grown.subarray(0, 1_100_000)));
  // Another comment, as each backup has one of its own.
  const second = makeZip(members(old, grown), 'the second');
  assert.ok(first.equals(await fetched(await save('20261123100000Z', first))));
  const saved = await save('20261123110000Z', second);
  assert.ok(saved.newBytes < 200_000, `${saved.newBytes} bytes are new`);
  assert.ok(second.equals(await fetched(saved)));
  const third = await save('20261123120000Z', second);
  assert.equal(third.newBytes, 0);
});

test('save() takes a member that has other bytes than its CRC-32 says as it is', async (context) => {
  const { save, fetched } = await setUp(context, 0);
  const zip = makeZip(members(old, grown));
  await save('20261123100000Z', zip);
  const altered = Buffer.from(zip);
  altered.writeUInt8((altered[500_000] ?? 0) ^ 1, 500_000);
  assert.ok(altered.equals(await fetched(await save('20261123110000Z', altered))));
});

test('save() finds another content of the same CRC-32 and size by hashing again, which is what the share is for', async (context) => {
  const other = withCrc(Buffer.concat([randomBytes(10), old.subarray(10)]), crc32(old));
  assert.equal(crc32(other), crc32(old));
  const [before, after] = [makeZip(members(old, grown)), makeZip(members(other, grown))];
  const trusting = await setUp(context, 0);
  await trusting.save('20261123100000Z', before);
  assert.ok(before.equals(await trusting.fetched(await trusting.save('20261123110000Z', after))), 'a CRC-32 cannot tell');
  const hashing = await setUp(context, 1);
  await hashing.save('20261123100000Z', before);
  assert.ok(after.equals(await hashing.fetched(await hashing.save('20261123110000Z', after))));
});

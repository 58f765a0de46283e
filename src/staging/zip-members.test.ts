import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { makeZip } from '../../test/harness/example-zip.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { readZipMembers } from './zip-members.ts';

const large = randomBytes(1_500_000);
const larger = randomBytes(2_000_000);

async function membersOf(bytes: Uint8Array): Promise<Awaited<ReturnType<typeof readZipMembers>>> {
  await using folder = await temporaryFolder();
  const name = path.join(folder.path, 'file');
  await writeFile(name, bytes);
  return await readZipMembers(name, bytes.length);
}

test('readZipMembers() tells where the content of each large member lies', async () => {
  const zip = makeZip([
    { name: '00000000.jdb', content: large, isStored: true },
    { name: 'small', content: Buffer.alloc(1000) },
    { name: '00000001.jdb', content: larger, isStreamed: true },
  ]);
  const members = await membersOf(zip);
  assert.deepEqual(
    members.map(({ name, bytes, crc32: crc, isDeflated }) => [name, bytes, crc, isDeflated]),
    [
      ['00000000.jdb', large.length, crc32(large), false],
      ['00000001.jdb', larger.length, crc32(larger), true],
    ],
  );
  const [first, second] = members;
  assert.ok(first !== undefined && large.equals(zip.subarray(first.at, first.at + first.storedBytes)));
  assert.equal(zip.readUInt32BE((second?.at ?? 0) + (second?.storedBytes ?? 0)), 0x504b0708);
});

test('readZipMembers() finds none in what is no zip, is small, or has a directory that is damaged or contradicts the file', async () => {
  const zip = makeZip([{ name: 'a.jdb', content: large, isStored: true }]);
  const otherName = Buffer.from(zip);
  otherName.write('b', 30);
  const otherPlace = Buffer.from(zip);
  otherPlace.writeUInt32LE(large.length * 2, zip.length - 22 - 46 - 5 + 20);
  for (const bytes of [Buffer.alloc(0), large, zip.subarray(0, -30), zip.subarray(0, 1_000_000), otherName, otherPlace]) {
    assert.deepEqual(await membersOf(bytes), []);
  }
});

test('readZipMembers() leaves no listener for each of many members', async (context) => {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', listen);
  context.after(() => process.off('warning', listen));
  const names = Array.from({ length: 14 }, (_, index) => `${index}.jdb`);
  const members = await membersOf(makeZip(names.map((name) => ({ name, content: large.subarray(0, 1_100_000), isStored: true }))));
  await new Promise(setImmediate);
  assert.deepEqual([members.map(({ name }) => name), warnings], [names, []]);
});

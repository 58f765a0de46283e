import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { ByteRange } from '../foundation/byte-ranges.ts';
import { isContentOf } from './block-table.ts';
import { EntryIndexBuilder } from './entry-index-builder.ts';
import { keyOf, mostBlockBytes } from './entry-index-format.ts';
import { buildEntryIndex, EntryIndex, entryIndexOf } from './entry-index.ts';
import { parseLdif, readLdifBatches } from './read-ldif.ts';

interface Person {
  readonly dn: string;
  readonly uuid?: string | undefined;
  readonly note: string;
}

function people(count: number, note: (index: number) => string = () => 'as ever'): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    dn: `uid=user.${index},ou=people,dc=example,dc=com`,
    uuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    note: note(index),
  }));
}

function ldifOf(persons: readonly Person[], lineEnd = '\n'): Buffer {
  const lines = persons.flatMap(({ dn, uuid, note }) => [
    `dn: ${dn}`,
    'objectClass: person',
    `description: ${note}`,
    ...(uuid === undefined ? [] : [`entryUUID: ${uuid}`]),
    '',
  ]);
  return Buffer.from(lines.map((line) => line + lineEnd).join(''));
}

/** As a file's stream gives it, in memory that is used again. */
async function* inPieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const memory = Buffer.alloc(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const length = bytes.copy(memory, 0, at, at + pieceBytes);
    yield await Promise.resolve(memory.subarray(0, length));
  }
}

async function indexBytes(ldif: Buffer, pieceBytes = 10_000): Promise<Buffer> {
  const builder = new EntryIndexBuilder();
  for await (const batch of readLdifBatches(inPieces(ldif, pieceBytes), { name: 'userRoot.ldif' })) builder.take(batch);
  return Buffer.concat(builder.finish());
}

/** Reads as from an archive, and counts. */
async function openCounted(bytes: Buffer) {
  const reads: ByteRange[] = [];
  const index = await EntryIndex.open(
    (range) => {
      reads.push(range);
      return Promise.resolve(bytes.subarray(range.at, range.at + range.bytes));
    },
    bytes.length,
    'userRoot.ldif.index',
  );
  return { index, reads };
}

async function hashesOf(ldif: Buffer): Promise<string[]> {
  const table = await (await buildEntryIndex(inPieces(ldif, 65_536), { name: 'x' })).blocks();
  return Array.from({ length: table.length }, (_, number) => Buffer.from(table.hash(number)).toString('hex'));
}

for (const [lineEnd, kind] of [
  ['\n', 'LF'],
  ['\r\n', 'CRLF'],
] as const) {
  test(`buildEntryIndex() gives blocks that are the whole file in its order, with ${kind}, version line and comments`, async () => {
    const ldif = Buffer.concat([
      Buffer.from(`version: 1${lineEnd}# made by a server${lineEnd}${lineEnd}`),
      ldifOf(people(500), lineEnd),
      Buffer.from(`# and${lineEnd}${lineEnd}# on${lineEnd}`),
      ldifOf(people(3), lineEnd),
      Buffer.from(`${lineEnd}# the end${lineEnd}`),
    ]);
    const index = await buildEntryIndex(inPieces(ldif, 777), { name: 'x' });
    const table = await index.blocks();

    assert.equal(index.entries, 503);
    assert.equal(index.exportBytes, ldif.length);
    assert.ok(table.length > 90 && table.length < 160, `${table.length} blocks`);
    let at = 0;
    let entries = 0;
    for (let number = 0; number < table.length; number += 1) {
      const block = table.block(number);
      assert.equal(block.at, at);
      const bytes = ldif.subarray(at, at + block.bytes);
      assert.ok(isContentOf(bytes, block));
      assert.ok(!isContentOf(ldif.subarray(at, at + block.bytes - 1), block));
      entries += parseLdif(bytes, { name: 'x' }).length;
      at += block.bytes;
    }
    assert.equal(at, ldif.length);
    assert.equal(entries, 503);
  });
}

test('EntryIndexBuilder makes the same bytes however the file comes', async () => {
  const ldif = Buffer.concat([ldifOf(people(300, (index) => 'x'.repeat(index))), Buffer.from('# a\n\n# b\n\n'), ldifOf(people(20))]);
  const whole = await indexBytes(ldif, ldif.length);

  for (const pieceBytes of [1, 17, 1000, 65_536]) assert.ok((await indexBytes(ldif, pieceBytes)).equals(whole), `${pieceBytes}`);
});

test('EntryIndex finds each of many entries by name and by UUID in few small reads, and nothing else', async () => {
  for (const count of [1, 2, 1023, 1024, 1025, 5000]) {
    const salt = randomUUID();
    const persons = people(count).map((person) => ({ ...person, dn: `cn=${salt}+${person.dn}`, uuid: randomUUID() }));
    const ldif = ldifOf(persons);
    const { index, reads } = await openCounted(await indexBytes(ldif));
    const isIn = (at: number, bytes: number, { dn }: Person) => ldif.toString('latin1', at, at + bytes).includes(`dn: ${dn}\n`);
    for (const person of persons.filter((_person, place) => place < 20 || place % 97 === 0)) {
      const byName = await index.findName(person.dn.toLowerCase());
      const byUuid = await index.findUuid(person.uuid.toUpperCase());
      assert.ok(byName.some(({ at, bytes }) => isIn(at, bytes, person)));
      assert.ok(byUuid.some(({ at, bytes }) => isIn(at, bytes, person)));
      assert.ok(byName.length + byUuid.length < 4);
    }
    assert.deepEqual(await index.findName('uid=nobody,dc=example,dc=com'), []);
    assert.deepEqual(await index.findUuid(randomUUID()), []);
    assert.ok(reads.every(({ bytes }) => bytes <= 65_536));
  }
});

test('EntryIndex finds one entry by four reads besides the directory, and the next one of the same pages by none', async () => {
  const { index, reads } = await openCounted(await indexBytes(ldifOf(people(20_000)), 65_536));
  const [person] = people(1);
  assert.ok(person);
  assert.equal(reads.length, 1);

  await index.findName(person.dn);
  assert.ok(reads.length <= 5, `${reads.length} reads`);
  const before = reads.length;
  await index.findName(person.dn);
  assert.equal(reads.length, before);
});

test('EntryIndex gives the blocks of all entries with one key, also where they fill pages', async () => {
  // Entries of one DN have one key, as entries of different DNs with the same 32 bits have.
  const [same] = people(1);
  assert.ok(same);
  const persons = [...people(40), ...Array.from({ length: 3000 }, () => ({ ...same, note: 'x'.repeat(2000) })), ...people(50).slice(40)];
  const index = await buildEntryIndex(inPieces(ldifOf(persons), 65_536), { name: 'x' });

  const blocks = await index.findName(same.dn);
  assert.ok(blocks.length > 20, `${blocks.length} blocks`);
  assert.deepEqual(
    blocks.map(({ number }) => number),
    blocks.map(({ number }) => number).toSorted((a, b) => a - b),
  );
  assert.equal((await index.findUuid(same.uuid ?? '')).length, blocks.length);
  assert.ok((await index.findName(people(45)[44]?.dn ?? '')).length > 0);
});

test('EntryIndex gives both blocks where two DNs have one key', async () => {
  const keys = new Map<number, string>();
  let pair: [string, string] | undefined;
  for (let number = 0; pair === undefined; number += 1) {
    const dn = `uid=${number},dc=example,dc=com`;
    const other = keys.get(keyOf(dn));
    if (other !== undefined) pair = [other, dn];
    keys.set(keyOf(dn), dn);
  }
  const [one, other] = pair;
  const persons = [{ dn: one, note: '1' }, ...people(400), { dn: other, note: '2' }];
  const ldif = ldifOf(persons);
  const index = await buildEntryIndex(inPieces(ldif, 65_536), { name: 'x' });

  const blocks = await index.findName(one);
  assert.equal(blocks.length, 2);
  const entries = blocks.flatMap(({ at, bytes }) => parseLdif(ldif.subarray(at, at + bytes), { name: 'x' }));
  for (const dn of pair) assert.ok(entries.some((entry) => entry.dn === dn));
});

test('buildEntryIndex() makes no block larger than 256 KiB unless one entry is', async () => {
  const persons = people(40, (index) => 'x'.repeat(index === 7 ? 400_000 : 60_000));
  const table = await (await buildEntryIndex(inPieces(ldifOf(persons), 65_536), { name: 'x' })).blocks();

  const sizes = Array.from({ length: table.length }, (_, number) => table.bytes(number));
  assert.equal(sizes.filter((bytes) => bytes > mostBlockBytes).length, 1);
  assert.equal(Math.floor(Math.max(...sizes) / 1000), 400);
  assert.ok(table.length >= 9);
});

test('buildEntryIndex() takes an export without entries, and entries without UUID', async () => {
  const empty = await buildEntryIndex(inPieces(Buffer.from('version: 1\n\n# nothing\n'), 5), { name: 'x' });
  assert.deepEqual([empty.entries, empty.blockCount, (await empty.blocks()).length], [0, 0, 0]);
  assert.deepEqual(await empty.findName('dc=example,dc=com'), []);
  const plain = await buildEntryIndex(inPieces(ldifOf(people(5).map(({ dn, note }) => ({ dn, note }))), 1000), { name: 'x' });
  assert.equal(plain.entries, 5);
  assert.deepEqual(await plain.findUuid(randomUUID()), []);
  assert.ok((await plain.findName(people(1)[0]?.dn ?? '')).length > 0);
});

test('blocks stay the same where entries are changed, added and removed elsewhere', async () => {
  const before = people(10_000);
  const hashes = await hashesOf(ldifOf(before));
  const isChanged = (index: number) => index % 100 === 50;

  const changed = await hashesOf(ldifOf(people(10_000, (index) => (isChanged(index) ? 'another' : 'as ever'))));
  const known = new Set(hashes);
  assert.equal(changed.length, hashes.length);
  const differing = changed.filter((one) => !known.has(one)).length;
  assert.ok(differing > 50 && differing <= 100, `${differing} blocks differ`);

  const removed = await hashesOf(ldifOf(before.filter((_person, index) => !isChanged(index))));
  assert.ok(removed.filter((one) => !known.has(one)).length <= 100);
  const added = await hashesOf(
    ldifOf(before.flatMap((person, index) => (isChanged(index) ? [person, { ...person, dn: `cn=new,${person.dn}` }] : person))),
  );
  assert.ok(added.filter((one) => !known.has(one)).length <= 200);
});

test('what is found by names and UUIDs stays byte for byte the same where entries are changed, and nearly where one is added or removed', async () => {
  const count = 10_000;
  const keyed = (index: Buffer): Buffer =>
    index.subarray(64 + index.readUInt32LE(12), 64 + index.readUInt32LE(12) + 8 * (index.readUInt32LE(24) + index.readUInt32LE(28)));
  const before = keyed(await indexBytes(ldifOf(people(count))));
  const modified = keyed(await indexBytes(ldifOf(people(count, (index) => `note ${index % 50}`))));
  assert.ok(modified.equals(before));

  const recordsOf = (table: Buffer) =>
    new Set(Array.from({ length: table.length / 8 }, (_, record) => table.toString('hex', record * 8, record * 8 + 8)));
  const known = recordsOf(before);
  for (const persons of [
    people(count).toSpliced(5000, 1),
    people(count).toSpliced(5000, 0, { dn: 'uid=new', note: '', uuid: randomUUID() }),
  ]) {
    const other = recordsOf(keyed(await indexBytes(ldifOf(persons))));
    const differing = [...other].filter((record) => !known.has(record)).length;
    assert.ok(differing < 200, `${differing} records differ`);
  }
});

const damaged = (state: RegExp) => (error: Error & { code?: string; exitCode?: number }) => {
  assert.equal(error.code, 'E_ENTRY_INDEX_DAMAGED');
  assert.equal(error.exitCode, 20);
  assert.match(error.message, /^Cannot use the entry index userRoot\.ldif\.index: /);
  assert.match(error.message, state);
  return true;
};

test('EntryIndex.open() refuses what is cut off, longer, of another kind or version', async () => {
  const whole = await indexBytes(ldifOf(people(2000)));
  const version = Buffer.from(whole);
  version.writeUInt32LE(2, 8);

  for (const [bytes, state] of [
    [Buffer.alloc(0), /it has 0 bytes, which is less than its header$/],
    [whole.subarray(0, 63), /it has 63 bytes, which is less than its header$/],
    [whole.subarray(0, -1), /bytes and says that it has \d+$/],
    [Buffer.concat([whole, Buffer.from([0])]), /bytes and says that it has \d+$/],
    [randomBytes(1000), /it does not begin as one does$/],
    [version, /it is of version 2, and this program reads version 1$/],
  ] as const) {
    await assert.rejects(openCounted(bytes), damaged(state));
  }
});

test('EntryIndex tells of every byte that is not as it was written, before anything of it is used', async () => {
  const persons = people(1100);
  const whole = await indexBytes(ldifOf(persons));
  for (let at = 0; at < whole.length; at += at < 200 ? 1 : 101) {
    // Bytes 36 to 47 are kept for later; they are checked all the same.
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    const use = async () => {
      const { index } = await openCounted(bytes);
      await index.blocks();
      for (const { dn, uuid = '' } of persons) await Promise.all([index.findName(dn), index.findUuid(uuid)]);
    };
    await assert.rejects(use(), damaged(/./), `byte ${at}`);
  }
});

test('entryIndexOf() opens what lies in memory in pieces', async () => {
  const whole = await indexBytes(ldifOf(people(3000)));
  const index = await entryIndexOf([whole.subarray(0, 100), whole.subarray(100, 9000), whole.subarray(9000)]);
  assert.equal((await index.findName(people(1)[0]?.dn ?? '')).length, 1);
});

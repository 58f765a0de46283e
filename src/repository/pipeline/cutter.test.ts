import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { loadKernels, gearTablePlace, makeMemory, pageBytes, startKernels } from '../kernels/kernels.ts';
import { Cutter } from './cutter.ts';

const sizes = { min: 512, average: 1024, max: 8192 };
const table = bytesOf('table', 2048);

/** Bytes that look random and are the same in every run: where a cut falls, and so what the tests count, is a matter of them. */
function bytesOf(name: string, length: number): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, i) => hash('sha256', `${name} ${i}`, 'buffer'));
  return Buffer.concat(parts).subarray(0, length);
}

/** The chunks of `data`, given to the cutter in steps of `step` bytes as a reader would. */
function chunksOf(data: Buffer, isLdif: boolean, step = data.length + 1): Buffer[] {
  const kernels = startKernels(loadKernels(), makeMemory(pageBytes + data.length));
  const memory = Buffer.from(kernels.memory.buffer);
  memory.set(table, gearTablePlace);
  memory.set(data, pageBytes);
  const cutter = new Cutter(kernels, { sizes, isLdif });
  const chunks: Buffer[] = [];
  for (let from = 0, end = 0; from < data.length;) {
    end = Math.min(data.length, end + step);
    for (const { at, length } of cutter.cut({ at: pageBytes + from, length: end - from }, end === data.length)) {
      chunks.push(Buffer.from(memory.subarray(at, at + length)));
      from += length;
    }
  }
  return chunks;
}

function ldifOf(entries: number, lineEnd = '\n'): string[] {
  return Array.from({ length: entries }, (_, i) =>
    [
      'dn: uid=' + i + ',dc=example,dc=com',
      'uid: ' + i,
      'description: ' + bytesOf(`entry ${i}`, 20 + (i % 300)).toString('hex'),
      '',
      '',
    ].join(lineEnd),
  );
}

test('a cutter cuts a file the same, however it comes', () => {
  const data = bytesOf('data', 200_000);
  const whole = chunksOf(data, false);

  assert.deepEqual(Buffer.concat(whole), data);
  assert.ok(whole.length > 50, String(whole.length));
  assert.deepEqual(chunksOf(data, false, 10_000), whole);
});

for (const lineEnd of ['\n', '\r\n']) {
  test(`a cutter cuts LDIF behind entries, the same however it comes (line ends of ${lineEnd.length})`, () => {
    const data = Buffer.from(ldifOf(2000, lineEnd).join(''));
    const whole = chunksOf(data, true);

    assert.deepEqual(Buffer.concat(whole), data);
    assert.ok(whole.length > 50, String(whole.length));
    for (const chunk of whole) assert.match(chunk.toString('utf8', 0, 4), /^dn: /);
    assert.deepEqual(chunksOf(data, true, 10_000), whole);
  });
}

test('a changed entry costs the chunk that it is in, and few behind it', () => {
  const entries = ldifOf(2000);
  const before = new Set(chunksOf(Buffer.from(entries.join('')), true).map(String));
  entries[1000] = 'dn: uid=1000,dc=example,dc=com\nuid: 1000\nsn: other\n\n';
  const after = chunksOf(Buffer.from(entries.join('')), true).map(String);

  assert.ok(after.filter((chunk) => !before.has(chunk)).length <= 4);
});

test('an entry longer than a chunk may be is cut amid, and the next entries are whole again', () => {
  const long = `dn: cn=photo,dc=example,dc=com\njpegPhoto:: ${bytesOf('photo', 40_000).toString('base64')}\n\n`;
  const data = Buffer.from([...ldifOf(300), long, ...ldifOf(300)].join(''));
  const whole = chunksOf(data, true);

  assert.deepEqual(Buffer.concat(whole), data);
  assert.ok(whole.every((chunk) => chunk.length <= sizes.max));
  assert.match(whole.at(-1)?.toString('utf8', 0, 4) ?? '', /^dn: /);
  assert.deepEqual(chunksOf(data, true, 9000), whole);
});

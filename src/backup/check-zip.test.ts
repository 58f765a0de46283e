import assert from 'node:assert/strict';
import { readdir, readlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { makeZip, type ZipMember } from '../../test/harness/example-zip.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { checkZip, isZip } from './check-zip.ts';

const journal = { name: '00000000.jdb', content: Buffer.from('an entry of the directory. '.repeat(3)) };
const config = { name: 'dc_example/config', content: Buffer.from('x=1\n') };
const forms: readonly (readonly [string, readonly ZipMember[]])[] = [
  ['deflated members', [journal, config]],
  ['stored members', [journal, config].map((member) => ({ ...member, isStored: true }))],
  ['streamed members', [journal, config].map((member) => ({ ...member, isStreamed: true }))],
];

const folder = await temporaryFolder('zip');
after(() => folder.remove());
let serial = 0;

async function checked(bytes: Uint8Array, signal?: AbortSignal) {
  const name = path.join(folder.path, `${(serial += 1)}.zip`);
  await writeFile(name, bytes);
  return { isZip: await isZip(name), result: await checkZip(name, signal) };
}

async function wrongOf(bytes: Uint8Array): Promise<string> {
  const { result } = await checked(bytes);
  return typeof result === 'object' ? result.wrong : assert.fail('the zip was taken for whole');
}

function flipped(bytes: Buffer, at: number, bits = 0xff): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ bits, at);
  return copy;
}

for (const [what, members] of forms) {
  test(`checkZip() counts ${what}`, async () => {
    assert.deepEqual(await checked(makeZip(members)), { isZip: true, result: 2 });
  });
}

test('checkZip() takes a zip with a comment, as OpenDJ writes one', async () => {
  assert.deepEqual(await checked(makeZip([journal], 'OpenDJ Server 5.0.3 20261123104646Z')), { isZip: true, result: 1 });
});

test('checkZip() takes an empty zip and an empty member', async () => {
  assert.deepEqual(await checked(makeZip([])), { isZip: true, result: 0 });
  assert.deepEqual(await checked(makeZip([{ name: 'empty', content: new Uint8Array() }])), { isZip: true, result: 1 });
});

test('checkZip() reads a thousand members', async () => {
  const members = Array.from({ length: 1000 }, (_, index) => ({ name: `${index}.jdb`, content: Buffer.from(`content ${index}`) }));

  assert.deepEqual(await checked(makeZip(members)), { isZip: true, result: 1000 });
});

test('checkZip() reads a member of many pieces', async () => {
  const content = Buffer.alloc(3 * 1024 * 1024, 'abcdefg');

  assert.deepEqual(await checked(makeZip([{ name: 'large', content, isStored: true }])), { isZip: true, result: 1 });
});

test('checkZip() names the member whose content was altered', async () => {
  const zip = makeZip([config, { ...journal, isStored: true }]);
  const at = zip.indexOf('an entry');

  assert.equal(await wrongOf(flipped(zip, at)), 'its member 00000000.jdb does not have the CRC-32 that the zip names');
});

test('checkZip() names the member whose CRC-32 in the directory was altered', async () => {
  const zip = makeZip([journal]);
  const at = zip.indexOf(Buffer.from('504b0102', 'hex')) + 16;

  assert.equal(await wrongOf(flipped(zip, at)), 'its member 00000000.jdb does not have the CRC-32 that the zip names');
});

test('checkZip() finds a member that the directory calls by another name than the member itself', async () => {
  const zip = makeZip([journal]);

  assert.match(await wrongOf(flipped(zip, zip.lastIndexOf('.jdb'), 1)), /^its member 00000000\/jdb has another name beside its content$/);
  assert.equal(await wrongOf(flipped(zip, zip.indexOf('.jdb'), 1)), 'its member 00000000.jdb has another name beside its content');
});

test('checkZip() finds members that the end of the directory does not count', async () => {
  const zip = makeZip([journal, config]);
  const fewer = flipped(flipped(zip, zip.length - 22 + 8, 3), zip.length - 22 + 10, 3);

  assert.equal(await wrongOf(fewer), 'its directory has other members than it says');
});

test('checkZip() finds every cut', async () => {
  const zip = makeZip([journal, config]);

  for (let length = 0; length < zip.length; length += 1) assert.match(await wrongOf(zip.subarray(0, length)), /^it is not a whole zip: ./);
});

test('checkZip() finds bytes that follow the zip', async () => {
  assert.match(await wrongOf(Buffer.concat([makeZip([journal]), Buffer.from('more')])), /^it is not a whole zip: Invalid comment length/);
});

for (const [what, members] of forms) {
  test(`checkZip() finds each altered byte of ${what} that a restore would read, and none ends the process`, async () => {
    const zip = makeZip(members);
    const directory = zip.indexOf(Buffer.from('504b0102', 'hex'));
    const unnoticed: number[] = [];

    for (let at = 0; at < zip.length; at += 1) {
      if (typeof (await checked(flipped(zip, at))).result === 'number') unnoticed.push(at);
    }

    const isOfNoEffect = (at: number) => isOfNoEffectInHeader(zip, at) || at >= directory;
    assert.deepEqual(
      unnoticed.filter((at) => !isOfNoEffect(at)),
      [],
    );
    const ofDirectory = unnoticed.filter((at) => at >= directory).map((at) => fieldOfDirectory(zip, at));
    assert.deepEqual(
      [...new Set(ofDirectory)].filter((field) => !ofNoEffect.includes(field)),
      [],
    );
  });
}

/** Whether the byte is of a local header's version, unused flags, date, or of a field that a streamed member leaves empty. */
function isOfNoEffectInHeader(zip: Buffer, at: number): boolean {
  const header = zip.lastIndexOf(Buffer.from('504b0304', 'hex'), at);
  const place = at - header;
  const isStreamed = (zip.readUInt16LE(header + 6) & 8) !== 0;
  return place === 4 || place === 5 || place === 7 || (place >= 10 && place < 14) || (isStreamed && place >= 14 && place < 26);
}

const ofNoEffect = ['versions', 'flags', 'date', 'disk and attributes', 'disks'];

function fieldOfDirectory(zip: Buffer, at: number): string {
  const end = zip.length - 22;
  if (at >= end) return at - end < 10 ? 'disks' : `end ${at - end}`;
  const place = at - zip.lastIndexOf(Buffer.from('504b0102', 'hex'), at);
  if (place >= 4 && place < 8) return 'versions';
  if (place >= 8 && place < 10) return 'flags';
  if (place >= 12 && place < 16) return 'date';
  return place >= 34 && place < 42 ? 'disk and attributes' : `line ${place}`;
}

test('isZip() knows a zip by one end when the other is damaged', async () => {
  const zip = makeZip([journal], 'OpenDJ Server 5.0.3');

  assert.equal((await checked(flipped(zip, 0))).isZip, true);
  assert.equal((await checked(zip.subarray(0, 100))).isZip, true);
});

test('isZip() does not take other files for zips', async () => {
  for (const text of ['', 'P', 'PK', 'encrypted content '.repeat(200)]) assert.equal((await checked(Buffer.from(text))).isZip, false);
});

test('checkZip() says what it cannot open', async () => {
  const result = await checkZip(path.join(folder.path, 'absent'));

  assert.match(JSON.stringify(result), /it is not a whole zip: ENOENT/);
});

test('checkZip() rejects with the reason of an abort, before and amid a member', async () => {
  const zip = makeZip([{ name: 'large', content: Buffer.alloc(8 * 1024 * 1024, 'x'), isStored: true }]);
  const stop = new AbortController();

  await assert.rejects(checked(zip, AbortSignal.abort(new Error('stop'))), { message: 'stop' });
  const checking = checked(zip, stop.signal);
  setImmediate(() => stop.abort(new Error('stop amid')));

  await assert.rejects(checking, { message: 'stop amid' });
});

test('checkZip() closes the file, whole or damaged', async () => {
  const whole = makeZip([journal, { ...config, isStored: true }]);
  const damaged = [
    whole,
    whole.subarray(0, 200),
    flipped(whole, 60),
    flipped(whole, whole.length - 30),
    flipped(whole, whole.indexOf('x=1')),
  ];

  for (const [index, bytes] of damaged.entries()) {
    const name = path.join(folder.path, `closed-${index}`);
    await writeFile(name, bytes);
    await checkZip(name);
    await checkZip(name, AbortSignal.abort()).catch(() => undefined);
  }

  await untilTrue(async () => (await openFilesBelow(folder.path)).length === 0);
});

async function openFilesBelow(folder: string): Promise<string[]> {
  const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return links.filter((link) => link.startsWith(folder));
}

/** The library closes in the background: a few turns later it must have. */
async function untilTrue(isTrue: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) {
    if (await isTrue()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail('a file is still open');
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeLdifEntry } from './encode-ldif.ts';
import { attributesOf, type LdifEntry, readLdif } from './read-ldif.ts';

async function* pieces(text: string | Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  // One buffer is used again and again, as a source may.
  const memory = Buffer.alloc(length);
  for (let at = 0; at < bytes.length; at += length) yield memory.subarray(0, bytes.copy(memory, 0, at, at + length));
}

async function read(text: string | Uint8Array, length = 1_000_000): Promise<LdifEntry[]> {
  return (await Array.fromAsync(readLdif(pieces(text, length), { name: 'x.ldif' }))).flat();
}

function plain({ dn, names, values }: LdifEntry): readonly [string, ...string[]] {
  return [dn, ...names.map((name, index) => `${name}=${values[index]}`)];
}

test('readLdif() reads entries as the server writes them', async () => {
  const text = 'version: 1\n\ndn: dc=x\nobjectClass: top\ndc: x\n\n\ndn: cn=a,dc=x\ncn: a\ndescription;lang-de:: Z3LDtsOfZQ==\n';

  const entries = await read(text);

  assert.deepEqual(entries.map(plain), [
    ['dc=x', 'objectClass=top', 'dc=x'],
    ['cn=a,dc=x', 'cn=a', `description;lang-de=${Buffer.from('größe').toString('latin1')}`],
  ]);
});

const readings: readonly (readonly [string, string, readonly (readonly string[])[]])[] = [
  ['nothing', '', []],
  ['empty lines only', '\n\r\n\n', []],
  ['a version line alone', 'version: 1\n', []],
  ['a version line right before an entry', 'version: 1\ndn: dc=x\ndc: x', [['dc=x', 'dc=x']]],
  [
    'CRLF',
    'dn: dc=x\r\ndc: x\r\n\r\ndn: dc=y\r\ndc: y\r\n',
    [
      ['dc=x', 'dc=x'],
      ['dc=y', 'dc=y'],
    ],
  ],
  ['folded lines', 'dn: dc\n =x\ndesc\n ription: one \n  two\n \ndc: x\n', [['dc=x', 'description=one  two', 'dc=x']]],
  ['folded lines with CRLF', 'dn: dc=x\r\ncn: a\r\n b\r\n', [['dc=x', 'cn=ab']]],
  ['comments, folded ones too', '# a\n b: c\ndn: dc=x\n# dc: y\n # z\ndc: x\n', [['dc=x', 'dc=x']]],
  [
    'a comment alone between two entries',
    'dn: dc=x\ndc: x\n\n# one\n\ndn: dc=y\ndc: y\n',
    [
      ['dc=x', 'dc=x'],
      ['dc=y', 'dc=y'],
    ],
  ],
  ['blanks before a value, and none', 'dn:dc=x\ncn:   a b \nsn:\n', [['dc=x', 'cn=a b ', 'sn=']]],
  ['a value with colons', 'dn: dc=x\nurl: ldap://a:1/\n', [['dc=x', 'url=ldap://a:1/']]],
  ['a DN in base64', 'dn:: ZGM9w6Q=\ndc:: w6Q=\n', [['dc=ä', 'dc=Ã¤']]],
  ['a folded base64 value', 'dn: dc=x\ncn:: YW\n Jj\n', [['dc=x', 'cn=abc']]],
  ['an empty base64 value', 'dn: dc=x\ncn::\n', [['dc=x', 'cn=']]],
  ['an entry without attributes', 'dn: dc=x\n\ndn: dc=y\n', [['dc=x'], ['dc=y']]],
  ['an attribute named changetype that is not the first', 'dn: dc=x\ncn: a\nchangetype: b\n', [['dc=x', 'cn=a', 'changetype=b']]],
];
for (const [what, text, expected] of readings) {
  test(`readLdif() reads ${what}, wherever it is cut`, async () => {
    for (const length of [1, 2, 3, 7, 1000]) assert.deepEqual((await read(text, length)).map(plain), expected, `pieces of ${length}`);
  });
}

const refusals: readonly (readonly [string, string, number, string])[] = [
  [
    'a value that lies elsewhere',
    'dn: dc=x\njpegPhoto:< file:///etc/passwd\n',
    2,
    'its value lies elsewhere (":<"), which is not followed',
  ],
  ['a record of changes', 'dn: dc=x\nchangetype: delete\n', 2, 'it begins a record of changes, and only entries are read here'],
  [
    'a record of changes with a control',
    'dn: dc=x\ncontrol: 1.2.3 true\nchangetype: delete\n',
    2,
    'it begins a record of changes, and only entries are read here',
  ],
  ['a line without a colon', 'dn: dc=x\ndc: x\nnothing\n', 3, 'it has no colon'],
  ['a record without a DN', 'dn: dc=x\ndc: x\n\ncn: a\n', 4, 'a record begins there without its DN'],
  ['a version that is not the first line', 'dn: dc=x\ndc: x\n\nversion: 1\n', 4, 'a record begins there without its DN'],
  ['another version', 'version: 2\n\ndn: dc=x\n', 1, 'it is of another version than 1'],
  ['a name that is none', 'dn: dc=x\n c\nc n: x\n', 3, 'what comes before its colon is no attribute'],
  ['what is no base64', 'dn: dc=x\ncn:: a*b=\n', 2, 'its value is no base64'],
  ['base64 that is cut off', 'dn: dc=x\ncn:: YWJ\n', 2, 'its value is no base64'],
  ['a DN that is not UTF-8', 'dn:: /w==\n', 1, 'its DN is not UTF-8'],
  ['what is no LDIF at all', '\u0000\u0001PK', 1, 'it has no colon'],
];
for (const [what, text, line, state] of refusals) {
  test(`readLdif() refuses ${what} and names the line`, async () => {
    await assert.rejects(read(text), {
      code: 'E_LDIF_INVALID',
      exitCode: 20,
      message: `Cannot read x.ldif as LDIF: line ${line}: ${state}`,
      hint: 'see that the file is an export of entries by the server, whole',
    });
  });
}

test('readLdif() counts the lines across pieces', async () => {
  await assert.rejects(read(`${'dn: dc=x\ndc: x\n\n'.repeat(10)}oops\n`, 5), { message: /: line 31: it has no colon$/ });
});

test('readLdif() gives many entries at once, and never a part of one', async () => {
  const text = 'dn: dc=x\ndc: x\n\n'.repeat(1000);

  const batches = await Array.fromAsync(readLdif(pieces(text, 1000), { name: 'x.ldif' }));

  assert.equal(batches.flat().length, 1000);
  assert.ok(batches.length <= 17, String(batches.length));
  assert.ok(batches.flat().every((entry) => plain(entry).join() === 'dc=x,dc=x'));
});

test('readLdif() reads a value of many pieces, and refuses a record beyond its limit', async () => {
  const photo = Buffer.alloc(3_000_000, 'photo');
  const text = `dn: dc=x\njpegPhoto:: ${photo.toString('base64')}\n\ndn: dc=y\ndc: y\n`;

  const [first, second] = await read(text, 10_000);

  assert.equal(first?.values[0], photo.toString('latin1'));
  assert.equal(second?.dn, 'dc=y');
  const limited = readLdif(pieces(text, 10_000), { name: 'x.ldif', maxEntryBytes: 1_000_000 });
  await assert.rejects(Array.fromAsync(limited), {
    code: 'E_LDIF_INVALID',
    message: 'Cannot read x.ldif as LDIF: line 0: a record has more than 1000000 bytes',
  });
});

test('readLdif() reads what encodeLdifEntry() writes, whatever it is and wherever it is cut', async () => {
  const value = fc.string({ unit: 'grapheme' });
  const entry = fc.tuple(
    fc.stringMatching(/^cn=[a-zA-Z0-9 äß]{1,80}$/),
    fc.array(fc.tuple(fc.constantFrom('cn', 'sn;lang-de'), fc.array(value, { minLength: 1 }))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry), fc.integer({ min: 1, max: 200 }), async (entries, length) => {
      const text = entries.map(([dn, attributes]) => encodeLdifEntry(dn, attributes)).join('');
      const found = await read(text, length);
      const bytes = (list: readonly string[]) => list.map((one) => Buffer.from(one).toString('latin1'));
      assert.deepEqual(
        found.map(plain),
        entries.map(([dn, attributes]) => [dn, ...attributes.flatMap(([name, values]) => bytes(values).map((one) => `${name}=${one}`))]),
      );
    }),
  );
});

test('readLdif() rejects with the reason of an abort', async () => {
  const stopped = readLdif(pieces('dn: dc=x\n', 3), { name: 'x.ldif', signal: AbortSignal.abort(new Error('stop')) });

  await assert.rejects(Array.fromAsync(stopped), { message: 'stop' });
});

test('attributesOf() gives the values as bytes, by names in lower case', async () => {
  const [entry] = await read('dn: dc=x\nCN: a\njpegPhoto;binary:: AP8=\ncn: b\n');

  assert.ok(entry);
  assert.deepEqual(
    [...attributesOf(entry)],
    [
      ['cn', [Buffer.from('a'), Buffer.from('b')]],
      ['jpegphoto;binary', [Buffer.from([0, 255])]],
    ],
  );
});

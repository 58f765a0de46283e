import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeChange, encodeChanges, type ChangeRecord } from './change-record.ts';
import { readChanges } from './read-changes.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));

async function read(text: string | Uint8Array, chunkBytes = 7): Promise<ChangeRecord[]> {
  const all = Buffer.from(text);
  async function* chunks() {
    for (let at = 0; at < all.length; at += chunkBytes) yield await Promise.resolve(all.subarray(at, at + chunkBytes));
  }
  const records: ChangeRecord[] = [];
  for await (const record of readChanges(chunks(), { name: 'undo.ldif' })) records.push(plain(record));
  return records;
}

/** With values that compare by their bytes. */
function plain(record: ChangeRecord): ChangeRecord {
  const named = <One extends { readonly values: readonly Uint8Array[] }>(one: One): One => ({
    ...one,
    values: one.values.map((value) => new Uint8Array(value)),
  });
  if (record.kind === 'add') return { ...record, attributes: record.attributes.map(named) };
  return record.kind === 'modify' ? { ...record, changes: record.changes.map(named) } : record;
}

const changes: readonly ChangeRecord[] = [
  {
    kind: 'add',
    dn: 'cn=Lučić\\, B,dc=x',
    attributes: [
      { name: 'objectClass', values: [bytes('top'), bytes('person')] },
      { name: 'jpegPhoto', values: [new Uint8Array(5000).fill(255)] },
      { name: 'description;lang-de', values: [bytes(' blank'), bytes(''), bytes('x'.repeat(200))] },
    ],
  },
  { kind: 'delete', dn: 'cn=a,dc=x' },
  {
    kind: 'modify',
    dn: 'cn=a,dc=x',
    changes: [
      { op: 'delete', name: 'mail', values: [bytes('a@x')] },
      { op: 'add', name: 'mail', values: [bytes('b@x'), bytes('c@x')] },
      { op: 'replace', name: 'sn', values: [] },
      { op: 'delete', name: 'title', values: [] },
    ],
  },
  { kind: 'rename', dn: 'cn=a,dc=x', newRdn: 'cn=ä', isOldRdnDeleted: true, newParent: 'ou=ö,dc=x' },
  { kind: 'rename', dn: 'cn=a,dc=x', newRdn: 'cn=b', isOldRdnDeleted: false },
];

test('encodeChange() writes what RFC 2849 shows', () => {
  const [, , modify, rename] = changes;
  assert.ok(modify !== undefined && rename !== undefined);
  assert.equal(
    encodeChange(modify, { comments: ['the mail', 'of a'] }),
    '# the mail\n# of a\ndn: cn=a,dc=x\nchangetype: modify\ndelete: mail\nmail: a@x\n-\nadd: mail\nmail: b@x\nmail: c@x\n-\nreplace: sn\n-\ndelete: title\n-\n\n',
  );
  assert.equal(
    encodeChange(rename),
    'dn: cn=a,dc=x\nchangetype: modrdn\nnewrdn:: Y249w6Q=\ndeleteoldrdn: 1\nnewsuperior:: b3U9w7YsZGM9eA==\n\n',
  );
});

for (const chunkBytes of [1, 7, 1 << 20]) {
  test(`readChanges() gives back what encodeChanges() wrote, in pieces of ${chunkBytes} bytes`, async () => {
    const text = [...encodeChanges(changes.map((change) => ({ change, comments: ['a reason\nof two lines'] })))].join('');
    assert.deepEqual(await read(text, chunkBytes), changes);
    assert.deepEqual(await read(text.replaceAll('\n', '\r\n'), chunkBytes), changes);
  });
}

test('encodeChange() hides secrets unless told, and leaves a record of the rest', async () => {
  const add: ChangeRecord = {
    kind: 'add',
    dn: 'cn=a',
    attributes: [
      { name: 'cn', values: [bytes('a')] },
      { name: 'userPassword', values: [bytes('{S}geheim')] },
    ],
  };
  assert.equal(encodeChange(add), 'dn: cn=a\nchangetype: add\ncn: a\n# userPassword: (hidden)\n\n');
  assert.match(encodeChange(add, { areSecretsShown: true }), /^userPassword: \{S\}geheim$/m);
  const secret = { op: 'replace', name: 'userPassword', values: [bytes('{S}geheim')] } as const;
  const both: ChangeRecord = { kind: 'modify', dn: 'cn=a', changes: [secret, { op: 'add', name: 'cn', values: [bytes('b')] }] };
  assert.deepEqual(await read(encodeChange(both)), [{ ...both, changes: both.changes.slice(1) }]);
  assert.equal(encodeChange({ ...both, changes: [secret] }), '# dn: cn=a\n# changetype: modify\n# replace: userPassword (hidden)\n\n');
});

test('encodeChange() lets no comment end where it is not meant to', async () => {
  const text = encodeChange({ kind: 'delete', dn: 'cn=a' }, { comments: ['a\r\n\ndn: cn=b\nchangetype: delete\u0085'] });
  assert.deepEqual(await read(text), [{ kind: 'delete', dn: 'cn=a' }]);
});

test('readChanges() reads what ldapmodify reads: no "-" at the end, folded words, a version', async () => {
  assert.deepEqual(await read('version: 1\ndn: cn=a\nchange\n type: modify\nadd: mail\nMAIL: x'), [
    { kind: 'modify', dn: 'cn=a', changes: [{ op: 'add', name: 'mail', values: [bytes('x')] }] },
  ]);
  assert.deepEqual(await read('# nothing\n\n\n'), []);
});

for (const [text, line, state] of [
  ['version: 2\n\ndn: cn=a\n', 1, 'it is of another version than 1'],
  ['cn: a\n', 1, '"dn:" is expected there'],
  ['dn: cn=a\ncn: a\n', 2, '"changetype:" is expected there: only records of changes are read here'],
  ['dn: cn=a\ncontrol: 1.2.3\nchangetype: delete\n', 2, 'it asks for a control, and controls are not read here'],
  ['\ndn: cn=a\nchangetype: explode\n', 3, 'there is no changetype "explode"'],
  ['dn: cn=a\nchangetype: delete\ncn: a\n', 3, 'a record that deletes has no more lines'],
  ['dn: cn=a\nchangetype: add\n', 2, 'a record that adds has attributes'],
  ['dn: cn=a\nchangetype: modify\nincrement: x\nx: 1\n', 3, '"add:", "delete:" or "replace:" is expected there'],
  ['dn: cn=a\nchangetype: modify\nadd: x\ny: 1\n', 4, 'a value of x or "-" is expected there'],
  ['dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\n', 3, '"deleteoldrdn:" is expected there'],
  ['dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 2\n', 4, '"deleteoldrdn: 0" or "deleteoldrdn: 1" is expected there'],
  ['dn: cn=a\nchangetype: add\njpegPhoto:< file:///etc/passwd\n', 3, 'its value lies elsewhere (":<"), which is not followed'],
  ['dn: cn=a\nchangetype: add\ncn:: %%%\n', 3, 'its value is no base64'],
  ['dn: cn=a\nchangetype: add\nno colon\n', 3, 'what comes before its colon is no attribute'],
  ['dn:: /w==\nchangetype: delete\n', 1, 'its "dn" is not UTF-8'],
] as const) {
  test(`readChanges() names line ${line}: ${state}`, async () => {
    await assert.rejects(read(text), {
      code: 'E_LDIF_INVALID',
      exitCode: 20,
      message: `Cannot read undo.ldif as LDIF: line ${line}: ${state}`,
    });
  });
}

test('readChanges() keeps the end of a name, be it an escaped blank or a letter that has the byte of one', async () => {
  const rename: ChangeRecord = { kind: 'rename', dn: 'cn=a\\ ', newRdn: 'cn=voilà', isOldRdnDeleted: true, newParent: 'ou=b\\ ' };

  const read = await Array.fromAsync(readChanges(piecesOf(encodeChange(rename)), { name: 'x.ldif' }));

  assert.deepEqual(read, [rename]);
});

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'latin1');
}

test('readChanges() refuses a modification of what is no attribute', async () => {
  const text = 'dn: dc=x\nchangetype: modify\nreplace: a b\n-\n';

  await assert.rejects(Array.fromAsync(readChanges(piecesOf(text), { name: 'x.ldif' })), {
    code: 'E_LDIF_INVALID',
    message: 'Cannot read x.ldif as LDIF: line 3: the name of an attribute is expected behind "replace:"',
  });
});

import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import type { ChangeRecord } from '../../domain/change-record.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import type { PlannedChange } from '../plan/planned-change.ts';
import { readUndoFile, writeUndoFile } from './undo-file.ts';

const named = (name: string, ...values: readonly (string | Buffer)[]) => ({ name, values: values.map((value) => Buffer.from(value)) });
const person: ChangeRecord = {
  kind: 'add',
  dn: 'cn=Müller\\, Jürgen,dc=example,dc=com',
  attributes: [
    named('objectClass', 'person'),
    named('cn', 'Müller, Jürgen'),
    named('userPassword', '{SSHA}abc'),
    named('jpegPhoto', Buffer.alloc(300, 0xff)),
  ],
};
const waves: readonly (readonly PlannedChange[])[] = [
  [{ change: { kind: 'delete', dn: person.dn }, undo: person, reason: 'it was added\nlater' }],
  [
    {
      change: { kind: 'modify', dn: 'cn=a', changes: [{ op: 'replace', ...named('l', 'Bonn') }] },
      undo: {
        kind: 'modify',
        dn: 'cn=a',
        changes: [
          { op: 'delete', ...named('l') },
          { op: 'add', ...named('l', '#- 1: x', '') },
        ],
      },
      reason: 'ein Grund, schön',
    },
    {
      change: { kind: 'rename', dn: 'cn=b,o=x', newRdn: 'cn=c', isOldRdnDeleted: true, newParent: 'o=y' },
      undo: { kind: 'rename', dn: 'cn=c,o=y', newRdn: 'cn=b', isOldRdnDeleted: true, newParent: 'o=x' },
      reason: '',
    },
  ],
];
const about = { server: 'ldaps://directory:1636', time: new Date('2026-11-26T09:00:00Z') };

suite('writeUndoFile() and readUndoFile()', () => {
  test('what is read is what was written, the last change first; only its owner may read it', async () => {
    await using folder = await temporaryFolder('undo');
    const file = path.join(folder.path, 'undo.ldif');
    await writeUndoFile(file, { waves }, about);
    const { server, records } = await readUndoFile(file);
    assert.equal(server, about.server);
    const expected = waves.flat().toReversed();
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(
      records.map(({ did, undo, reason }) => plain([did, undo, reason])),
      expected.map(({ change, undo, reason }) => plain([change, undo, reason.replace('\n', ' ')])),
    );
  });

  test('it is LDIF that others read: comments and the changes that take back', async () => {
    await using folder = await temporaryFolder('undo');
    const file = path.join(folder.path, 'undo.ldif');
    await writeUndoFile(file, { waves }, about);
    const text = await readFile(file, 'utf8');
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    assert.deepEqual(
      lines.filter((line) => /^(dn|changetype|version)/.test(line)),
      [
        'version: 1',
        'dn: cn=c,o=y',
        'changetype: modrdn',
        'dn: cn=a',
        'changetype: modify',
        `dn:: ${Buffer.from(person.dn).toString('base64')}`,
        'changetype: add',
      ],
    );
  });

  test('every file that was cut short is refused, wherever', async () => {
    await using folder = await temporaryFolder('undo');
    const file = path.join(folder.path, 'undo.ldif');
    await writeUndoFile(file, { waves }, about);
    const whole = await readFile(file);
    const short = path.join(folder.path, 'short.ldif');
    for (let end = 0; end < whole.length - 1; end += 23) {
      await writeFile(short, whole.subarray(0, end));
      await assert.rejects(readUndoFile(short), { code: 'E_UNDO_INVALID', exitCode: 20 }, `${end} bytes`);
    }
  });

  const begin = '# rootcellar undo file, version 1\n# server: x\n# changes: 1\n\nversion: 1\n\n';
  const record = '#- 1: why\n#=dn: cn=a\n#=changetype: add\n#=cn: a\ndn: cn=a\nchangetype: delete\n\n';
  const end = '# end of the undo file\n';
  const wrong: readonly [string, string, string][] = [
    ['an ordinary LDIF file', 'dn: cn=a\nchangetype: delete\n', 'line 1: it does not begin as one'],
    ['a record more than it says', `${begin}${record}${record}${end}`, 'line 21: it has 2 changes, and 1 were written'],
    ['something behind its end', `${begin}${record}${end}dn: cn=x\n`, 'line 15: something follows its end'],
    [
      'a change that no comment tells of',
      `${begin}dn: cn=a\nchangetype: delete\n\n${end}`,
      'line 7: a change stands there without what it takes back',
    ],
    [
      'a record without its change',
      `${begin}#- 1: why\ndn: cn=a\nchangetype: delete\n\n${end}`,
      'at line 7 stand 0 changes instead of one',
    ],
    ['two changes in one record', `${begin}${record}dn: cn=b\nchangetype: delete\n\n${end}`, 'at line 7 stand 2 changes instead of one'],
    [
      'a change that is none',
      `${begin}#- 1: why\n#=dn: cn=a\n#=changetype: add\n#=cn: a\ndn: cn=a\nchangetype: grow\n\n${end}`,
      'the change at line 7: there is no changetype "grow"',
    ],
  ];
  for (const [what, text, state] of wrong) {
    test(`refuses ${what}`, async () => {
      await using folder = await temporaryFolder('undo');
      const file = path.join(folder.path, 'undo.ldif');
      await writeFile(file, text);
      await assert.rejects(readUndoFile(file), {
        code: 'E_UNDO_INVALID',
        exitCode: 20,
        message: `Cannot use the undo file ${file}: ${state}`,
      });
    });
  }

  test('a file or a folder that is not there is told in plain words', async () => {
    await assert.rejects(readUndoFile('/nonexistent/undo.ldif'), {
      code: 'E_UNDO_INVALID',
      message: 'Cannot use the undo file /nonexistent/undo.ldif: there is no such file',
    });
    await assert.rejects(writeUndoFile('/nonexistent/undo.ldif', { waves }, about), {
      code: 'E_UNDO_NOT_WRITABLE',
      message: 'Cannot write the undo file /nonexistent/undo.ldif: there is no such folder; nothing was changed',
    });
  });
});

/** With values as text, as buffers and other arrays of bytes are the same here. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one: unknown) =>
      one !== null && typeof one === 'object' && 'data' in one ? Buffer.from(one.data as number[]).toString('hex') : one,
    ),
  );
}

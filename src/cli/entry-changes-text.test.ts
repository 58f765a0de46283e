import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChangeRecord } from '../domain/change-record.ts';
import type { RefusalKind } from '../directory-servers/entry-changes.ts';
import type { AppliedPlan } from '../entries/apply/apply-plan.ts';
import { appliedJson, appliedText, exitCodeOfApplied, plannedRecords } from './entry-changes-text.ts';
import { bareLook } from './look.ts';

const change: ChangeRecord = { kind: 'delete', dn: 'uid=a\u001b[2J' };
const planned = { change, undo: change, reason: '' };
const refusedFor = (kind: RefusalKind, attribute?: string) => ({
  planned,
  refusal: { kind, result: 'objectClassViolation', text: 'it says no', attribute },
});
const good: AppliedPlan = { undoFile: '/tmp/undo.ldif', applied: 1200, proven: 1200, refused: [], unproven: [], milliseconds: 2000 };

suite('appliedText() and exitCodeOfApplied()', () => {
  test('all went well', () => {
    const expected =
      'Done: 1,200 changes in 2.0 s; read back and as planned: 1,200 entries\nUndo file (it holds passwords): /tmp/undo.ldif';
    assert.equal(appliedText(good, bareLook), expected);
    assert.equal(exitCodeOfApplied(good), 0);
  });

  test('refusals are named, of many the first; what to do is said once for each kind, with the attributes', () => {
    const refused = [
      ...Array.from({ length: 21 }, () => refusedFor('schema', 'shoeSize')),
      refusedFor('schema', 'hat'),
      refusedFor('rights'),
    ];
    const lines = appliedText({ ...good, refused }, bareLook).split('\n');
    assert.equal(lines[0]?.startsWith('Done in part: '), true);
    assert.equal(lines[1], 'Refused: delete uid=a: it says no (objectClassViolation, shoeSize)');
    assert.equal(lines[21], '  … and 3 more');
    assert.match(lines[22] ?? '', /^ {2}The schema of the server does not take that now: .* \(shoeSize, hat\)$/);
    assert.match(lines[23] ?? '', /^ {2}The account may not do that: docs/);
    assert.equal(exitCodeOfApplied({ ...good, refused }), 3);
    assert.equal(exitCodeOfApplied({ ...good, applied: 0, refused }), 1);
  });

  test('what is not as planned is named and outweighs all', () => {
    const report = { ...good, unproven: [{ dn: 'uid=b', state: 'it is still there' }], refused: [refusedFor('busy')] };
    assert.match(appliedText(report, bareLook), /^Not as planned: uid=b: it is still there$/m);
    assert.equal(exitCodeOfApplied(report), 20);
    assert.deepEqual((appliedJson(report) as { readonly refused: unknown }).refused, [
      { dn: change.dn, change: 'delete', kind: 'busy', result: 'objectClassViolation', text: 'it says no', attribute: undefined },
    ]);
  });
});

suite('plannedRecords()', () => {
  const adding = (dn: string, name: string, value: string) => {
    const add = { kind: 'add', dn, attributes: [{ name, values: [Buffer.from(value)] }] } as const;
    return { change: add, undo: change, reason: 'it was deleted' };
  };

  test('are LDIF with the reasons, wave by wave, and without secrets', () => {
    const { ldif, left } = plannedRecords({ waves: [[adding('cn=a', 'cn', 'a')], [adding('cn=b', 'userPassword', '{SSHA512}stored')]] });

    assert.equal(left, 0);
    assert.equal(
      ldif,
      '# it was deleted\ndn: cn=a\nchangetype: add\ncn: a\n\n# it was deleted\ndn: cn=b\nchangetype: add\n# userPassword: (hidden)\n\n',
    );
  });

  test('of a record that is too large a comment stands in its place, and of many records the first are there', () => {
    const large = plannedRecords({ waves: [[adding('cn=photo', 'description', 'x'.repeat(100_000)), adding('cn=b', 'cn', 'b')]] });
    const wave = Array.from({ length: 50 }, (_, number) => adding(`cn=${number}`, 'description', 'x'.repeat(10_000)));
    const many = plannedRecords({ waves: [wave] });

    assert.match(large.ldif, /^# add cn=photo: not shown, as it has [\d.]+ KiB\n\n# it was deleted\ndn: cn=b\n/);
    assert.equal(large.left, 0);
    assert.equal(many.ldif.split('\n\n').length - 1 + many.left, 50);
    assert.ok(many.ldif.length <= 256 * 1024 && many.left > 20, `${many.left}`);
  });
});

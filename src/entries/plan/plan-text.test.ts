import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readChanges } from '../../domain/read-changes.ts';
import type { EntryPlan } from './entry-plan.ts';
import { planText } from './plan-text.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const plan: EntryPlan = {
  waves: [
    [
      {
        change: {
          kind: 'add',
          dn: 'uid=a,dc=x',
          attributes: [
            { name: 'uid', values: [bytes('a')] },
            { name: 'userPassword', values: [bytes('{S}one')] },
          ],
        },
        undo: { kind: 'delete', dn: 'uid=a,dc=x' },
        reason: 'deleted since',
      },
    ],
    [{ change: { kind: 'delete', dn: 'uid=b,dc=x' }, undo: { kind: 'add', dn: 'uid=b,dc=x', attributes: [] }, reason: 'added\nsince' }],
  ],
  notPreserved: [{ attribute: 'entryUUID', because: 'no control for it', changes: 3, dns: ['uid=a,dc=x'] }],
  conflicts: [
    { dn: 'uid=c,dc=x', attribute: 'sn', because: 'it has changed again since', isForced: true },
    { dn: 'uid=d\ndn: uid=evil,dc=x\nchangetype: delete', because: 'another entry has its name now', isForced: false },
  ],
  notes: ['"ou=a" is called "ou=b" now'],
  unchanged: 0,
  addedSince: { count: 2, dns: ['uid=n,dc=x'] },
};
const told = [
  '# "ou=a" is called "ou=b" now',
  '# not as it was: entryUUID of 3 (no control for it), as of uid=a,dc=x',
  '# put back all the same: sn of uid=c,dc=x: it has changed again since',
  '# left alone: uid=d dn: uid=evil,dc=x changetype: delete: another entry has its name now',
  '# added since, and stays: 2, as uid=n,dc=x',
];

test('planText() writes change records in their order, each with its reason, and what is left alone as comments', () => {
  assert.equal(
    [...planText(plan, { areSecretsShown: true, title: ['put back a'] })].join(''),
    [
      'version: 1',
      '# put back a',
      ...told,
      '',
      '# deleted since',
      'dn: uid=a,dc=x',
      'changetype: add',
      'uid: a',
      'userPassword: {S}one',
      '',
      '# added',
      '# since',
      'dn: uid=b,dc=x',
      'changetype: delete',
      '\n',
    ].join('\n'),
  );
});

test('planText() hides secrets unless told, and says so at its head; whatever a DN has in it, only the changes of the plan are read from it', async () => {
  const text = [...planText(plan, { areSecretsShown: false, title: [] })].join('');
  assert.match(text, /^version: 1\n# passwords and other secrets are hidden: not all of the plan is here\n/);
  assert.match(text, /^# userPassword: \(hidden\)$/m);
  assert.ok(!text.includes('{S}one'));
  const read = await Array.fromAsync(readChanges(Readable.from([Buffer.from(text)]), { name: 'plan.ldif' }));
  assert.deepEqual(
    read.map(({ kind, dn }) => `${kind} ${dn}`),
    ['add uid=a,dc=x', 'delete uid=b,dc=x'],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRunFailure, exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import type { NotificationDecision } from './decide-notification.ts';
import { describeNotification, notificationSchema } from './notification.ts';
import { inWords } from './notification-text.ts';

const good = exampleSnapshot({ time: '2026-11-23T00:00:30.000Z', server: 'ds-1' });
const snapshots = [exampleSnapshot({ time: '2026-11-23T06:00:00.000Z', state: 'suspicious' }), good];

function notificationOf(record: RunRecord, decision: Partial<NotificationDecision> = {}, known: typeof snapshots | 'unread' = snapshots) {
  const whole: NotificationDecision = { kind: 'failure', since: record.endedAt, runs: 1, isRepeated: false, ...decision };
  return inWords(
    describeNotification({
      record,
      decision: whole,
      snapshots: known === 'unread' ? undefined : known,
      now: new Date('2026-11-23T06:05:00.000Z'),
    }),
  );
}

test('a notification of a failure says what failed, why, what to do, and what the last good backup is', () => {
  const { title, text } = notificationOf(exampleRunRecord({ outcome: 'failure', attempt: 3 }));

  assert.equal(title, 'backup of directory failed');
  assert.deepEqual(text.split('\n'), [
    'Failed on ds-0 at 2026-11-23 06:04 UTC, after 3 attempts.',
    `${exampleRunFailure.message}.`,
    '→ start the server',
    'What to do: rootcellar explain E_SERVER_UNREACHABLE',
    `Last good backup: ${shortId(good.id)} of ds-1, 2026-11-23 00:00 UTC, 6 h 4 min ago.`,
    'Run: 20261123T060030000Z-i00000',
  ]);
});

test('a notification of a failure that goes on says since when', () => {
  const { title, text } = notificationOf(
    exampleRunRecord({ outcome: 'failure' }),
    { since: '2026-11-21T00:04:00.000Z', runs: 9, isRepeated: true },
    'unread',
  );

  assert.equal(title, 'backup of directory still fails');
  assert.match(text, /^Without a success since 2026-11-21 00:04 UTC: 9 runs\.$/m);
  assert.match(text, /^Last good backup: none is known\.$/m);
});

test('a notification of a recovery has no reasons', () => {
  const notification = notificationOf(exampleRunRecord({ log: ['archived'] }), { kind: 'recovery', since: '2026-11-22T18:04:00.000Z' });

  assert.equal(notification.title, 'backup of directory succeeds again');
  assert.deepEqual([notification.reasons, notification.log], [[], []]);
  assert.match(notification.text, /^Succeeded on ds-0 .*\nWithout a success since 2026-11-22 18:04 UTC: 1 run\.$/m);
});

for (const [what, parts, reasons] of [
  [
    'a suspicious backup by its remarks',
    { outcome: 'partial', exitCode: 3, result: { remarks: ['userRoot has 2 entries, and in 3f2a it had 100'], forgetFailure: null } },
    [{ message: 'userRoot has 2 entries, and in 3f2a it had 100' }],
  ],
  [
    'what could not be done beside a backup',
    { outcome: 'partial', exitCode: 3, result: { remarks: [], lockFailure: exampleRunFailure } },
    [exampleRunFailure],
  ],
  [
    'a verification that found damage',
    { job: 'verify', outcome: 'failure', exitCode: 20, failure: undefined, result: { isWhole: false } },
    [{ message: 'The archive is not whole', hint: 'run "rootcellar verify", which names what is damaged' }],
  ],
  [
    'a drill that did not prove the snapshot',
    { job: 'drill', outcome: 'failure', exitCode: 20, failure: undefined, result: { reason: 'userRoot: 3 entries are missing' } },
    [{ message: 'userRoot: 3 entries are missing' }],
  ],
  ['a killed process', { outcome: 'failure', exitCode: undefined, failure: undefined }, [{ message: 'Its process was killed' }]],
  [
    'a result that is nothing known',
    { outcome: 'failure', exitCode: 1, failure: undefined, result: 'odd' },
    [{ message: 'It ended with exit code 1' }],
  ],
] as const satisfies readonly (readonly [string, Partial<RunRecord>, unknown])[]) {
  test(`a notification tells ${what}`, () => {
    const notification = notificationOf(exampleRunRecord(parts as Partial<RunRecord>), { kind: 'partial' });

    assert.deepEqual(notification.reasons, reasons);
    assert.deepEqual(notificationSchema.parse(JSON.parse(JSON.stringify(notification))), notification);
  });
}

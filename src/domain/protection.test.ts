import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exampleRunRecord } from '../../test/harness/example-run-record.ts';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import { readRunbooks } from '../cli/read-runbooks.ts';
import { judgeProtection, type ProtectionFacts, type ProtectionJob, type ProtectionReason } from './protection.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = new Date('2026-11-23T12:00:00.000Z');
const ago = (milliseconds: number): string => new Date(now.getTime() - milliseconds).toISOString();
const good = exampleSnapshot({ time: ago(2 * hour), provenAt: ago(hour) });

/** A server that is protected, but for what a test says. */
function facts(own: Partial<ProtectionFacts> = {}): ProtectionFacts {
  return {
    now,
    maxAgeMilliseconds: 12 * hour,
    archive: { snapshots: [good], readAt: new Date(now.getTime() - 60_000) },
    jobs: [],
    verifies: [],
    drillTimes: new Set(),
    ...own,
  };
}

function holding(...snapshots: readonly ReturnType<typeof exampleSnapshot>[]): Pick<ProtectionFacts, 'archive'> {
  return { archive: { snapshots, readAt: now } };
}

function job(own: Partial<ProtectionJob> = {}): Pick<ProtectionFacts, 'jobs'> {
  return { jobs: [{ job: 'backup', isRunning: false, ...own }] };
}

function told(own: Partial<ProtectionFacts>): readonly unknown[] {
  const { state, reasons } = judgeProtection(facts(own));
  return [state, ...reasons.map(({ level, text }) => `${level}: ${text}`)];
}

describe('judgeProtection()', () => {
  test('says protected of a server whose last backup is young, and was verified', () => {
    const { state, headline, reasons, servers } = judgeProtection(facts());

    assert.deepEqual([state, headline, reasons], ['protected', 'Protected: last verified backup 2 hours old', []]);
    assert.deepEqual(servers, [
      {
        server: 'prod',
        state: 'protected',
        lastGood: good,
        lastVerified: { id: good.id, at: ago(hour), how: 'restore' },
        snapshots: 1,
        bytes: 1000,
      },
    ]);
  });

  test('says in the headline when the last backup is not the one that was verified', () => {
    const newer = exampleSnapshot({ time: ago(10 * 60_000) });

    assert.equal(
      judgeProtection(facts(holding(newer, good))).headline,
      'Protected: last backup 10 minutes old; one was verified 1 hour ago',
    );
  });

  test('speaks in the headline of the server whose last backup is the oldest', () => {
    const other = exampleSnapshot({ server: 'second', time: ago(3 * hour), provenAt: ago(2 * hour) });

    assert.equal(judgeProtection(facts(holding(good, other))).headline, 'Protected: last verified backup 3 hours old');
  });

  test('says unknown of an archive that was never read, and why where that failed, whatever else is wrong', () => {
    const failed = exampleRunRecord({ outcome: 'failure' });
    const unread = judgeProtection(facts({ archive: undefined, ...job({ last: failed }) }));
    const refused = judgeProtection(facts({ archive: undefined, archiveTrouble: 'Cannot list s3://x: access denied' }));

    assert.deepEqual([unread.state, unread.headline, unread.servers], ['unknown', 'Not known yet: the archive has not been read', []]);
    assert.deepEqual(
      unread.reasons.map(({ level }) => level),
      ['at-risk', 'info'],
    );
    assert.deepEqual([refused.state, refused.headline], ['unknown', 'Not known: the archive cannot be read']);
    assert.deepEqual(refused.reasons, [
      {
        level: 'at-risk',
        text: 'The archive cannot be read: Cannot list s3://x: access denied.',
        hint: 'run doctor',
        runbook: 'alarms.md#an-agent-cannot-work',
      },
    ]);
  });

  test('says failing of an archive without any backup', () => {
    const { state, headline, reasons } = judgeProtection(facts(holding()));

    assert.deepEqual([state, headline], ['failing', 'Not protected: The archive has no backup of any server']);
    assert.equal(reasons.length, 1);
  });

  for (const [age, state] of [
    [12 * hour, 'protected'],
    [12 * hour + 1, 'failing'],
  ] as const) {
    test(`says ${state} of a last good backup that is ${age} ms old where 12 hours are allowed`, () => {
      const { reasons, ...judged } = judgeProtection(facts(holding({ ...good, time: ago(age) })));

      assert.deepEqual([judged.state, judged.servers[0]?.state], [state, state]);
      if (state === 'protected') return;
      assert.deepEqual(reasons, [
        {
          level: 'failing',
          text: 'The last good backup of prod is 12 hours old, and 12 hours are allowed.',
          hint: 'make one now, and see why the last runs did not',
          since: ago(1),
          runbook: 'alarms.md#no-good-backup-is-young-enough',
        },
      ]);
    });
  }

  test('says failing where one of several servers has no good backup, and of which', () => {
    const damaged = exampleSnapshot({ server: 'second', state: 'damaged', time: ago(hour) });
    const { state, servers, headline } = judgeProtection(facts(holding(good, damaged)));

    assert.deepEqual(
      [state, servers.map((one) => [one.server, one.state])],
      [
        'failing',
        [
          ['prod', 'protected'],
          ['second', 'failing'],
        ],
      ],
    );
    assert.equal(headline, 'Not protected: second has no good backup (and 1 more)');
  });

  test('says at-risk where newer backups are not good, or older ones are damaged', () => {
    const suspicious = exampleSnapshot({ time: ago(hour), state: 'suspicious', remarks: ['userRoot has 3 entries'] });
    const damaged = exampleSnapshot({ time: ago(5 * hour), state: 'damaged' });

    assert.deepEqual(told(holding(suspicious, good)), [
      'at-risk',
      'at-risk: The newest backup of prod is not known to be good: suspicious.',
    ]);
    assert.deepEqual(told(holding(good, damaged)), ['at-risk', 'at-risk: A backup of prod cannot be restored whole.']);
    // Older than a good one, what was suspicious is no risk any more.
    assert.deepEqual(told(holding(good, { ...suspicious, time: ago(3 * hour) })), ['protected']);
  });

  test('says at-risk of what was never verified, or not for seven days; a verification, a drill and a restore are all of use', () => {
    const bare = exampleSnapshot({ time: ago(2 * hour) });
    const never = 'info: No backup of prod that is still there was brought back by a restore or a drill.';
    const verify = (age: number, ids?: ReadonlySet<string>) => ({ verifies: [{ at: ago(age), ids }] });

    assert.deepEqual(told(holding(bare)), ['at-risk', 'at-risk: No backup of prod was ever verified or restored.', never]);
    assert.deepEqual(told({ ...holding(bare), ...verify(hour, new Set([bare.id])) }), ['protected', never]);
    // One that began before the backup, or was about another one, says nothing of it.
    for (const other of [verify(3 * hour), verify(hour, new Set(['x']))]) assert.equal(told({ ...holding(bare), ...other })[0], 'at-risk');
    const old = exampleSnapshot({ time: ago(9 * day) });
    assert.deepEqual(told({ ...holding(bare, old), ...verify(7 * day) }), ['protected', never]);
    assert.deepEqual(told({ ...holding(bare, old), ...verify(7 * day + 1) }), [
      'at-risk',
      'at-risk: No backup of prod was verified or restored for 7 days.',
      never,
    ]);
    // Two intervals of its schedule, where they are longer.
    const monthly = job({ job: 'verify', expectedIntervalSeconds: 30 * 86_400 });
    assert.equal(told({ ...holding(bare, old), ...verify(8 * day), ...monthly })[0], 'protected');
  });

  test('tells drills from restores, and which was last', () => {
    const drilled = judgeProtection(facts({ drillTimes: new Set([ago(hour)]) }));
    const verified = judgeProtection(facts({ verifies: [{ at: ago(60_000), ids: new Set([good.id]) }] }));

    assert.deepEqual(drilled.servers[0]?.lastVerified, { id: good.id, at: ago(hour), how: 'drill' });
    assert.deepEqual(verified.servers[0]?.lastVerified, { id: good.id, at: ago(60_000), how: 'verify' });
  });

  test('says at-risk of a job whose last run failed, with its own words, until a later one succeeds', () => {
    const last = exampleRunRecord({ outcome: 'failure', beganAt: ago(hour) });
    const { state, headline, reasons } = judgeProtection(facts(job({ last })));

    assert.equal(state, 'at-risk');
    assert.equal(headline, 'At risk: The last backup failed: Cannot connect to ldaps://localhost:1636: nothing listens there');
    assert.deepEqual(reasons, [
      {
        level: 'at-risk',
        text: 'The last backup failed: Cannot connect to ldaps://localhost:1636: nothing listens there.',
        hint: 'start the server',
        since: last.endedAt,
        runbook: 'E_SERVER_UNREACHABLE',
      },
    ]);
    assert.deepEqual(told(job({ last, lastSuccess: exampleRunRecord({ beganAt: ago(30 * 60_000) }) })), ['protected']);
    assert.equal(told(job({ last, lastSuccess: exampleRunRecord({ beganAt: ago(2 * hour) }) }))[0], 'at-risk');
    assert.match(String(told(job({ last: { ...last, isTriedAgain: true } }))[1]), /^at-risk: The last backup failed, and is tried again: /);
  });

  test('says failing of a verification that found damage, and of a drill that did not prove', () => {
    const last = (which: 'verify' | 'drill' | 'backup') =>
      exampleRunRecord({ job: which, outcome: 'failure', exitCode: 20, failure: undefined });

    assert.deepEqual(told(job({ job: 'verify', last: last('verify') })), ['failing', 'failing: The last verify found damage.']);
    assert.deepEqual(told(job({ job: 'drill', last: last('drill') })), ['failing', 'failing: The last drill did not prove the backup.']);
    assert.deepEqual(told(job({ last: last('backup') })), ['at-risk', 'at-risk: The last backup failed.']);
  });

  test('says at-risk of a run that was done in part, and nothing of one that was canceled or skipped', () => {
    const ended = (outcome: 'partial' | 'canceled' | 'skipped') => told(job({ last: exampleRunRecord({ outcome }) }));

    assert.deepEqual(ended('partial'), ['at-risk', 'at-risk: The last backup was done in part.']);
    assert.deepEqual([ended('canceled'), ended('skipped')], [['protected'], ['protected']]);
  });

  test('says at-risk of a schedule that was missed by more than 15 minutes, unless the job runs', () => {
    const due = (milliseconds: number, isRunning = false) => job({ expectedIntervalSeconds: 21_600, nextAt: ago(milliseconds), isRunning });

    assert.deepEqual(told(due(15 * 60_000)), ['protected']);
    assert.deepEqual(told(due(15 * 60_000 + 1)), ['at-risk', 'at-risk: The scheduled backup is 15 minutes late.']);
    assert.deepEqual(told(due(hour, true)), ['protected']);
    assert.deepEqual(told(job({ nextAt: ago(hour) })), ['protected']);
  });

  test('says at-risk of a job that did not succeed for two intervals, once where it failed', () => {
    const lastSuccess = exampleRunRecord({ job: 'prune', beganAt: ago(48 * hour), endedAt: ago(48 * hour) });
    const prune = { job: 'prune', expectedIntervalSeconds: 86_400, nextAt: ago(-hour), last: lastSuccess, lastSuccess } as const;

    assert.deepEqual(told(job(prune)), ['protected']);
    const late = { ...lastSuccess, endedAt: ago(48 * hour + 1) };
    assert.deepEqual(told(job({ ...prune, last: late, lastSuccess: late })), [
      'at-risk',
      'at-risk: The last prune that succeeded was 2 days ago, longer than two intervals of its schedule.',
    ]);
    const failed = exampleRunRecord({ job: 'prune', outcome: 'failure' });
    assert.equal(told(job({ ...prune, last: failed, lastSuccess: late })).length, 2);
  });

  test('says at-risk of an archive that could not be read for half an hour; sooner only that it could not', () => {
    const unread = (milliseconds: number) =>
      told({ archive: { snapshots: [good], readAt: new Date(now.getTime() - milliseconds) }, archiveTrouble: 'connection refused' });

    assert.deepEqual(unread(30 * 60_000), ['protected', 'info: The archive could not be read for 30 minutes: connection refused.']);
    assert.deepEqual(unread(30 * 60_000 + 1), ['at-risk', 'at-risk: The archive could not be read for 30 minutes: connection refused.']);
  });

  test('says at-risk of an agent that cannot work, and of a configuration that is not in force', () => {
    assert.deepEqual(told({ agentTrouble: 'access denied', reloadFailure: 'Cannot read the file' }), [
      'at-risk',
      'at-risk: The agent cannot do its work: access denied.',
      'at-risk: The changed configuration is not in force: Cannot read the file.',
    ]);
  });

  test('puts the worst first, and refers to sections of the runbooks that there are', async () => {
    const sections = await readRunbooks();
    const anchors = sections.map(({ page, title, isCode }) => (isCode ? title : `${page}#${title.toLowerCase().replaceAll(' ', '-')}`));
    const failed = exampleRunRecord({ outcome: 'failure', failure: undefined });
    const jobs: ProtectionJob[] = [
      { job: 'backup', isRunning: false, last: failed },
      { job: 'prune', isRunning: false, last: exampleRunRecord({ outcome: 'partial' }) },
      { job: 'forget', isRunning: false, expectedIntervalSeconds: 60, nextAt: ago(day) },
      { job: 'drill', isRunning: false, last: exampleRunRecord({ outcome: 'failure' }) },
    ];
    const bad = [exampleSnapshot({ time: ago(hour), state: 'suspicious' }), exampleSnapshot({ time: ago(day), state: 'damaged' })];
    const scenes: readonly Partial<ProtectionFacts>[] = [
      { ...holding(...bad, exampleSnapshot({ time: ago(20 * day) })), jobs, agentTrouble: 'x', reloadFailure: 'y' },
      { ...holding(), archiveTrouble: 'x' },
      { archive: undefined, archiveTrouble: 'x' },
    ];
    const reasons: readonly ProtectionReason[] = scenes.flatMap((scene) => judgeProtection(facts(scene)).reasons);

    assert.ok(reasons.length > 10);
    for (const { runbook, text } of reasons) {
      assert.ok(runbook !== undefined && anchors.includes(runbook), `${text} ${runbook}`);
      assert.match(text, /^[A-Z].*[^.]\.$/);
    }
    const levels = judgeProtection(facts(scenes[0])).reasons.map(({ level }) => level);
    assert.deepEqual(
      levels,
      levels.toSorted((a, b) => ['failing', 'at-risk', 'info'].indexOf(a) - ['failing', 'at-risk', 'info'].indexOf(b)),
    );
    assert.equal(levels[0], 'failing');
  });
});

import { spokenDuration } from '../foundation/spoken-duration.ts';
import { archiveReasons, jobReasons } from './protection-reasons.ts';
import { lastVerified, type Verification, type VerifyFacts } from './last-verified.ts';
import type { Job, RunRecord } from './run-record.ts';
import { statusOf, type ServerStatus } from './server-status.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * `protected`: each server has a young good backup, it was looked at lately, and nothing says otherwise · `at-risk`: so it is still, and something takes it away
 * if nobody acts · `failing`: a server has no good backup that is young enough, or damage was found · `unknown`: the archive was never read.
 */
export type ProtectionState = 'protected' | 'at-risk' | 'failing' | 'unknown';

/** All that the judgement is made from; nothing else is asked. */
export interface ProtectionFacts extends VerifyFacts {
  readonly now: Date;
  /** Of the newest good backup (the setting `status.maxAge`). */
  readonly maxAgeMilliseconds: number;
  /** As it was read last; undefined where it never was. */
  readonly archive: { readonly snapshots: readonly Snapshot[]; readonly readAt: Date } | undefined;
  /** Why it could not be read the last time. */
  readonly archiveTrouble?: string | undefined;
  /** What keeps the agent from its work. */
  readonly agentTrouble?: string | undefined;
  /** Why the configuration that was changed last is not in force. */
  readonly reloadFailure?: string | undefined;
  readonly jobs: readonly ProtectionJob[];
}

export interface ProtectionJob {
  readonly job: Job;
  /** Undefined where it has no schedule. */
  readonly expectedIntervalSeconds?: number | undefined;
  /** RFC 3339, UTC. */
  readonly nextAt?: string | undefined;
  readonly isRunning: boolean;
  readonly last?: RunRecord | undefined;
  readonly lastSuccess?: RunRecord | undefined;
}

export interface ProtectionReason {
  readonly level: 'failing' | 'at-risk' | 'info';
  /** One sentence. */
  readonly text: string;
  /** What to do, in the imperative, without a period. */
  readonly hint?: string | undefined;
  /** RFC 3339, UTC. */
  readonly since?: string | undefined;
  /** `alarms.md#a-run-failed` of docs/runbooks, or the failure code that `rootcellar explain` knows. */
  readonly runbook?: string | undefined;
}

export interface ServerProtection {
  readonly server: string;
  readonly state: Exclude<ProtectionState, 'unknown'>;
  readonly lastGood: Snapshot | undefined;
  readonly lastVerified: Verification | undefined;
  readonly snapshots: number;
  /** As restores of all of them would write; what they share is counted each time. */
  readonly bytes: number;
}

export interface Protection {
  readonly state: ProtectionState;
  /** One sentence without a period. */
  readonly headline: string;
  /** The worst first. */
  readonly reasons: readonly ProtectionReason[];
  readonly servers: readonly ServerProtection[];
}

const day = 86_400_000;
/** As the alarm has it that asks when something was verified last. */
const leastVerifyMilliseconds = 7 * day;
const ranks = ['failing', 'at-risk', 'info'] as const;

/** Says whether what is archived protects the servers, and why not. The same facts give the same answer. */
export function judgeProtection(facts: ProtectionFacts): Protection {
  const { archive, now, maxAgeMilliseconds } = facts;
  const status = archive === undefined ? [] : statusOf(archive.snapshots, now, maxAgeMilliseconds);
  const judged = status.map((server) => judgeServer(server, facts));
  const reasons = [...archiveReasons(facts), ...judged.flatMap((server) => server.reasons), ...jobReasons(facts)].toSorted(
    (a, b) => ranks.indexOf(a.level) - ranks.indexOf(b.level),
  );
  const servers = judged.map(({ server }) => server);
  const worst = reasons[0]?.level ?? 'info';
  const state = archive === undefined ? 'unknown' : worst === 'info' ? 'protected' : worst;
  return { state, headline: headlineOf(state, reasons, servers, facts), reasons, servers };
}

interface JudgedServer {
  readonly server: ServerProtection;
  readonly reasons: readonly ProtectionReason[];
}

function judgeServer(status: ServerStatus, facts: ProtectionFacts): JudgedServer {
  const { server, lastGood } = status;
  const own = (facts.archive?.snapshots ?? []).filter((snapshot) => snapshot.server === server);
  const verified = lastVerified(own, facts);
  const reasons = [
    ...ageReasons(status, facts),
    ...doubtReasons(status, own),
    ...verifyReasons(status, verified, facts),
    ...proofReasons(status),
  ];
  const worst = ranks.find((level) => reasons.some((reason) => reason.level === level)) ?? 'info';
  const bytes = own.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
  const state = worst === 'info' ? 'protected' : worst;
  return { server: { server, state, lastGood, lastVerified: verified, snapshots: own.length, bytes }, reasons };
}

function ageReasons({ server, state, lastGood, age }: ServerStatus, { maxAgeMilliseconds }: ProtectionFacts): ProtectionReason[] {
  const runbook = 'alarms.md#no-good-backup-is-young-enough';
  if (lastGood === undefined || age === undefined) {
    return [{ level: 'failing', text: `${server} has no good backup.`, hint: 'make one now, and see what it says', runbook }];
  }
  if (state === 'protected') return [];
  return [
    {
      level: 'failing',
      text: `The last good backup of ${server} is ${spokenDuration(age)} old, and ${spokenDuration(maxAgeMilliseconds)} are allowed.`,
      hint: 'make one now, and see why the last runs did not',
      since: new Date(Date.parse(lastGood.time) + maxAgeMilliseconds).toISOString(),
      runbook,
    },
  ];
}

/** Those that are newer than the last good one, and those that are damaged. */
function doubtReasons({ server, doubtful }: ServerStatus, own: readonly Snapshot[]): ProtectionReason[] {
  const newer = doubtful.filter(({ state }) => state !== 'damaged');
  const damaged = own.filter(({ state }) => state === 'damaged');
  const reasons: ProtectionReason[] = [];
  if (newer.length > 0) {
    const what = newer.length === 1 ? 'The newest backup' : `The newest ${newer.length} backups`;
    reasons.push({
      level: 'at-risk',
      text: `${what} of ${server} ${newer.length === 1 ? 'is' : 'are'} not known to be good: ${newer[0]?.state}.`,
      hint: newer[0]?.remarks[0] ?? 'compare it with the one before',
      since: newer.at(-1)?.time,
      runbook: 'alarms.md#a-backup-is-suspicious',
    });
  }
  if (damaged.length > 0) {
    reasons.push({
      level: 'at-risk',
      text: `${damaged.length === 1 ? 'A backup' : `${damaged.length} backups`} of ${server} cannot be restored whole.`,
      hint: 'make a backup first, then let verify say what is wrong',
      runbook: 'alarms.md#a-snapshot-is-damaged',
    });
  }
  return reasons;
}

function verifyReasons({ server, lastGood }: ServerStatus, verified: Verification | undefined, facts: ProtectionFacts): ProtectionReason[] {
  if (lastGood === undefined) return [];
  const runbook = 'alarms.md#nothing-was-verified-or-proven';
  const hint = 'run verify, or rehearse a restore with drill';
  if (verified === undefined) return [{ level: 'at-risk', text: `No backup of ${server} was ever verified or restored.`, hint, runbook }];
  const longest = verifyLimit(facts);
  const age = facts.now.getTime() - Date.parse(verified.at);
  if (age <= longest) return [];
  return [
    {
      level: 'at-risk',
      text: `No backup of ${server} was verified or restored for ${spokenDuration(age)}.`,
      hint,
      since: new Date(Date.parse(verified.at) + longest).toISOString(),
      runbook,
    },
  ];
}

/** That backups come back is believed until one did. */
function proofReasons({ server, lastGood, lastProven }: ServerStatus): ProtectionReason[] {
  if (lastGood === undefined || lastProven !== undefined) return [];
  return [
    {
      level: 'info',
      text: `No backup of ${server} that is still there was brought back by a restore or a drill.`,
      hint: 'rehearse it with drill',
      runbook: 'alarms.md#nothing-was-verified-or-proven',
    },
  ];
}

/** Seven days, or two intervals of the schedule where that is longer. */
function verifyLimit({ jobs }: ProtectionFacts): number {
  const intervals = jobs.filter(({ job }) => job === 'verify').map(({ expectedIntervalSeconds = 0 }) => 2000 * expectedIntervalSeconds);
  return Math.max(leastVerifyMilliseconds, ...intervals);
}

function headlineOf(
  state: ProtectionState,
  reasons: readonly ProtectionReason[],
  servers: readonly ServerProtection[],
  { now, archiveTrouble }: ProtectionFacts,
): string {
  const others = reasons.filter(({ level }) => level !== 'info').length - 1;
  const first = `${(reasons[0]?.text ?? '').replace(/\.$/, '')}${others > 0 ? ` (and ${others} more)` : ''}`;
  switch (state) {
    case 'unknown':
      return archiveTrouble === undefined ? 'Not known yet: the archive has not been read' : 'Not known: the archive cannot be read';
    case 'failing':
      return `Not protected: ${first}`;
    case 'at-risk':
      return `At risk: ${first}`;
    case 'protected':
      return `Protected: ${agesOf(servers, now)}`;
  }
}

/** Of the server whose last backup is the oldest: how old that is, and which was verified. */
function agesOf(servers: readonly ServerProtection[], now: Date): string {
  const good = servers.flatMap(({ lastGood, lastVerified: verified }) => (lastGood === undefined ? [] : [{ lastGood, verified }]));
  const [oldest] = good.toSorted((a, b) => (a.lastGood.time < b.lastGood.time ? -1 : 1));
  if (oldest === undefined) return 'there is nothing to protect';
  const age = spokenDuration(now.getTime() - Date.parse(oldest.lastGood.time));
  if (oldest.verified?.id === oldest.lastGood.id) return `last verified backup ${age} old`;
  const verified =
    oldest.verified === undefined
      ? 'none was verified'
      : `one was verified ${spokenDuration(now.getTime() - Date.parse(oldest.verified.at))} ago`;
  return `last backup ${age} old; ${verified}`;
}

import { exitCodes } from '../foundation/failure.ts';
import { spokenDuration } from '../foundation/spoken-duration.ts';
import type { RunRecord } from './run-record.ts';
import type { ProtectionFacts, ProtectionJob, ProtectionReason } from './protection.ts';

/** How long the archive may not answer before that is a risk of its own: two readings of the agent. */
const unreadMilliseconds = 30 * 60_000;
/** How late a run may begin; agents bid for it, and another run may be under way. */
const lateMilliseconds = 15 * 60_000;

/** What is wrong with the archive as a whole, and with the agent. */
export function archiveReasons(facts: ProtectionFacts): readonly ProtectionReason[] {
  const { archive, archiveTrouble, agentTrouble, reloadFailure, now } = facts;
  const reasons: ProtectionReason[] = [];
  if (archive === undefined) {
    const why = archiveTrouble === undefined ? 'The archive has not been read yet.' : `The archive cannot be read: ${archiveTrouble}.`;
    reasons.push({
      level: archiveTrouble === undefined ? 'info' : 'at-risk',
      text: why,
      ...(archiveTrouble === undefined ? {} : { hint: 'run doctor', runbook: 'alarms.md#an-agent-cannot-work' }),
    });
  } else if (archive.snapshots.length === 0) {
    const runbook = 'alarms.md#no-good-backup-is-young-enough';
    reasons.push({ level: 'failing', text: 'The archive has no backup of any server.', hint: 'run doctor, then make a backup', runbook });
  }
  const unread = archive === undefined ? 0 : now.getTime() - archive.readAt.getTime();
  if (archive !== undefined && archiveTrouble !== undefined) {
    reasons.push({
      level: unread > unreadMilliseconds ? 'at-risk' : 'info',
      text: `The archive could not be read for ${spokenDuration(unread)}: ${archiveTrouble}.`,
      hint: 'run doctor',
      since: archive.readAt.toISOString(),
      runbook: 'alarms.md#an-agent-cannot-work',
    });
  } else if (agentTrouble !== undefined) {
    const runbook = 'alarms.md#an-agent-cannot-work';
    reasons.push({ level: 'at-risk', text: `The agent cannot do its work: ${agentTrouble}.`, hint: 'run doctor', runbook });
  }
  if (reloadFailure !== undefined) {
    reasons.push({
      level: 'at-risk',
      text: `The changed configuration is not in force: ${reloadFailure}.`,
      hint: 'put the file right; it is read again by itself',
      runbook: 'alarms.md#the-changed-configuration-cannot-be-read',
    });
  }
  return reasons;
}

/** What the jobs say: how their last runs ended, and whether they run when they should. */
export function jobReasons({ jobs, now }: ProtectionFacts): readonly ProtectionReason[] {
  return jobs.flatMap((job) => {
    const ended = endReasons(job);
    // One reason for a job is enough: that it fails is why it is late.
    return ended.some(({ level }) => level !== 'info') ? ended : [...ended, ...lateReasons(job, now)];
  });
}

function endReasons({ job, last, lastSuccess }: ProtectionJob): readonly ProtectionReason[] {
  if (last === undefined || (lastSuccess !== undefined && lastSuccess.endedAt > last.endedAt)) return [];
  switch (last.outcome) {
    case 'success':
    case 'canceled':
    case 'skipped':
      return [];
    case 'partial': {
      const runbook = 'alarms.md#a-command-ended-with-3';
      return [
        { level: 'at-risk', text: `The last ${job} was done in part.`, hint: 'read what its run says', since: last.endedAt, runbook },
      ];
    }
    case 'failure':
      return [failureReason(last)];
  }
}

function failureReason({ job, exitCode, failure, isTriedAgain, endedAt: since }: RunRecord): ProtectionReason {
  const isDamage = (job === 'verify' || job === 'drill') && exitCode === exitCodes.verificationFailed;
  const what = !isDamage ? 'failed' : job === 'drill' ? 'did not prove the backup' : 'found damage';
  const said = failure === undefined ? '' : `: ${failure.message}`;
  return {
    level: isDamage ? 'failing' : 'at-risk',
    text: `The last ${job} ${what}${isTriedAgain ? ', and is tried again' : ''}${said}.`,
    hint: failure?.hint ?? 'read what its run says',
    since,
    runbook: failure?.code ?? 'alarms.md#a-run-failed',
  };
}

/** Nothing is expected of a job without a schedule. */
function lateReasons(
  { job, expectedIntervalSeconds, nextAt, isRunning, lastSuccess }: ProtectionJob,
  now: Date,
): readonly ProtectionReason[] {
  if (expectedIntervalSeconds === undefined) return [];
  const runbook = 'alarms.md#a-scheduled-job-has-not-succeeded';
  const due = nextAt === undefined ? Infinity : Date.parse(nextAt);
  if (!isRunning && now.getTime() - due > lateMilliseconds) {
    const text = `The scheduled ${job} is ${spokenDuration(now.getTime() - due)} late.`;
    return [{ level: 'at-risk', text, hint: 'see in the log of the agent what keeps it', since: nextAt, runbook }];
  }
  const age = lastSuccess === undefined ? 0 : now.getTime() - Date.parse(lastSuccess.endedAt);
  if (age <= 2000 * expectedIntervalSeconds || lastSuccess === undefined) return [];
  return [
    {
      level: 'at-risk',
      text: `The last ${job} that succeeded was ${spokenDuration(age)} ago, longer than two intervals of its schedule.`,
      hint: `run ${job} now, and see what it says`,
      since: new Date(Date.parse(lastSuccess.endedAt) + 2000 * expectedIntervalSeconds).toISOString(),
      runbook,
    },
  ];
}

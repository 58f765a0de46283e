import type { HiddenObject, LockReport, SnapshotLock } from '../archive/archive-locks.ts';
import { shortId } from '../domain/find-snapshot.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Failure } from '../foundation/failure.ts';
import type { VerifyReport } from '../verify/verify.ts';
import type { RenderContext } from './define-command.ts';
import { printable, type Look } from './look.ts';
import { countOf, formatTime } from './snapshot-text.ts';

/** Whether all is locked for as long as it should be, and nothing was hidden or written over; true where nothing says that it should. */
export function areKept(report: LockReport | undefined): boolean {
  return report === undefined || ((report.suspicions ?? []).length === 0 && [...report.locks.values()].every(({ isKept }) => isKept));
}

/** What `verify` says of locks; nothing where there are none to speak of. */
export function lockLines({ snapshots, locks: report, lockFailure }: VerifyReport, { look }: RenderContext): readonly string[] {
  if (lockFailure !== undefined) return failureLines('The locks could not be read:', lockFailure, look);
  if (report === undefined) return [];
  const rows = snapshots.map(({ snapshot }) => ({ snapshot, lock: report.locks.get(snapshot.id) }));
  const lines = rows.map(({ snapshot, lock }) => lockLine(snapshot, lock, look));
  const locks = rows.map(({ lock }) => lock);
  return [headLine(locks, report.required, look), ...lines, ...suspicionLines(report.suspicions ?? [], look)];
}

function headLine(locks: readonly (SnapshotLock | undefined)[], required: Date | undefined, look: Look): string {
  const bad = locks.filter((lock) => lock?.isKept === false).length;
  const free = locks.filter((lock) => lock?.until === undefined).length;
  const all = countOf(locks.length, 'snapshot');
  const asked = required === undefined ? 'by the default of the bucket' : `asked is ${timeText(required)}`;
  if (bad > 0) return `${look.red('Not locked for as long as they should be:')} ${bad} of ${all}; ${asked}.`;
  // No rule of ours asks for it, so it is no failure; but it must not be called locked.
  if (free > 0) return `${look.yellow('Not locked:')} ${free} of ${all}, although the bucket locks by default what is written to it.`;
  return `${look.green('Locked:')} ${all}; ${asked}.`;
}

function lockLine(snapshot: Snapshot, lock: SnapshotLock | undefined, look: Look): string {
  const name = `${shortId(snapshot.id)} of ${printable(snapshot.server)}`;
  const until = lock?.until === undefined ? 'not locked' : `locked until ${timeText(lock.until)} (${lock.mode})`;
  if (lock?.isKept !== false) return `  ${name}: ${until}`;
  return `  ${look.red('✗')} ${name}: ${until}, by ${printable(lock.weakest ?? 'all of it')}`;
}

/** What somebody who is not of ours did; with what to do. */
export function suspicionLines(suspicions: readonly HiddenObject[], look: Look): readonly string[] {
  const told = { hidden: 'looks removed and is needed', overwritten: 'was written over' } as const;
  const lines = suspicions.map(({ key, what }) => `${look.red('✗')} ${printable(key)} ${told[what]}`);
  if (lines.length === 0) return [];
  return [
    ...lines,
    `  ${look.dim('→')} its older versions are kept: see docs/guide/object-lock.md how to bring them back, and look who did it`,
  ];
}

export function lockJson(report: LockReport | undefined, failure: Failure | undefined) {
  return {
    isLocked: report === undefined ? null : areKept(report) && [...report.locks.values()].every(({ until }) => until !== undefined),
    lockRequiredUntil: report?.required?.toISOString() ?? null,
    lockFailure: failureJson(failure),
    suspicions: report?.suspicions ?? null,
  };
}

export function snapshotLockJson(report: LockReport | undefined, { id }: Snapshot) {
  const lock = report?.locks.get(id);
  return lock === undefined
    ? {}
    : {
        lockedUntil: lock.until?.toISOString() ?? null,
        lockMode: lock.mode ?? null,
        leastLocked: lock.weakest ?? null,
        isLocked: lock.isKept && lock.until !== undefined,
      };
}

/** What is said after a set was archived whose locks could not all be extended. */
export function lockFailureLines(failure: Failure | undefined, look: Look): readonly string[] {
  return failure === undefined ? [] : failureLines('Locks could not be extended:', failure, look);
}

export function failureJson(failure: Failure | undefined) {
  return failure === undefined ? null : { code: failure.code, message: failure.message, hint: failure.hint };
}

function failureLines(what: string, { message, hint }: Failure, look: Look): readonly string[] {
  const line = `${look.yellow(what)} ${message}`;
  return hint === undefined ? [line] : [line, `  ${look.dim('→')} ${hint}`];
}

function timeText(moment: Date): string {
  return `${formatTime(moment.toISOString())} UTC`;
}

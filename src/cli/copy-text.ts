import type { Damage } from '../archive/archive.ts';
import type { CopyOutcome, CopyPlan, DamagedSnapshot } from '../archive/snapshot-copier.ts';
import { shortId } from '../domain/find-snapshot.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Failure } from '../foundation/failure.ts';
import { formatBytes } from '../foundation/sizes.ts';
import type { RenderContext } from './define-command.ts';
import { failureJson, lockFailureLines } from './lock-text.ts';
import { printable, type Look } from './look.ts';
import { countOf, snapshotTable } from './snapshot-text.ts';

/** What became of a copy, or would. */
export type CopyReport = CopyPlaces & (PlannedCopy | DoneCopy);

interface CopyPlaces {
  readonly source: string;
  readonly target: string;
  readonly targetState: 'there' | 'made' | 'missing';
}

interface PlannedCopy {
  readonly isDone: false;
  readonly plan: CopyPlan;
}

interface DoneCopy {
  readonly isDone: true;
  readonly outcome: CopyOutcome;
  readonly lockFailure: Failure | undefined;
  /** Undefined where nothing was read back. */
  readonly damages: readonly Damage[] | undefined;
}

export function copyText(report: CopyReport, context: RenderContext): string {
  return (report.isDone ? doneLines(report, context) : planLines(report, context)).join('\n');
}

function doneLines({ target, targetState, outcome, lockFailure, damages }: CopyPlaces & DoneCopy, { look }: RenderContext): string[] {
  const { copied, present, damaged, readBytes, writtenBytes } = outcome;
  const written = writtenBytes === undefined ? '' : `, ${formatBytes(writtenBytes)} written`;
  const there =
    present.length === 0 ? '' : `; ${countOf(present.length, 'snapshot')} ${present.length === 1 ? 'was' : 'were'} there already`;
  const [done, nothing] = [
    `${look.green('Copied')} ${countOf(copied.length, 'snapshot')} to ${target}: ${formatBytes(readBytes)} read${written}${there}.`,
    `Nothing to copy to ${target}${there}.`,
  ];
  return [
    ...(targetState === 'made' ? [`Made the archive ${target}.`] : []),
    copied.length > 0 ? done : nothing,
    ...damagedLines(damaged, look),
    ...readBackLines(damages, look),
    ...lockFailureLines(lockFailure, look),
  ];
}

function readBackLines(damages: readonly Damage[] | undefined, look: Look): string[] {
  if (damages === undefined) return [];
  if (damages.length === 0) return [`${look.green('Whole:')} every byte of what was copied was read back.`];
  return [
    `${look.red('Damaged')} in the second archive:`,
    ...damages.map(({ snapshot, path, finding }) => `  ${look.red('✗')} ${shortId(snapshot)} ${printable(`${path} ${finding}`)}`),
  ];
}

function planLines({ target, targetState, plan }: CopyPlaces & PlannedCopy, context: RenderContext): string[] {
  const { missing, damaged } = plan;
  const { look } = context;
  const what = targetState === 'missing' ? 'in all, before what they share' : 'read';
  if (missing.length === 0) return [`Nothing to copy to ${target}.`, ...damagedLines(damaged, look)];
  const rows = missing.map(({ snapshot, bytes }) => ({ ...snapshot, toRead: bytes }));
  const sum = formatBytes(missing.reduce((total, { bytes }) => total + bytes, 0));
  return [
    snapshotTable(rows, context, [{ title: 'to read', cell: ({ toRead }) => formatBytes(toRead), align: 'right' }]),
    ...damagedLines(damaged, look),
    `Nothing was changed. Without --dry-run ${countOf(missing.length, 'snapshot')} (${sum} ${what}) would be copied to ${target}` +
      `${targetState === 'missing' ? ', which would be made' : ''}.`,
  ];
}

function damagedLines(damaged: readonly DamagedSnapshot[], look: Look): string[] {
  return damaged.map(
    ({ snapshot, finding }) =>
      `${look.red('✗')} not copied: ${shortId(snapshot.id)} of ${printable(snapshot.server)}: ${printable(finding)}`,
  );
}

export function copyJson(report: CopyReport): unknown {
  const { source, target, targetState, isDone } = report;
  const { present, damaged } = isDone ? report.outcome : report.plan;
  const common = {
    source,
    target,
    targetState,
    isDone,
    present: present.map(({ id }) => id),
    damaged: damaged.map(({ snapshot, finding }) => ({ ...nameOf(snapshot), finding })),
  };
  if (!report.isDone) {
    return { ...common, missing: report.plan.missing.map(({ snapshot, bytes }) => ({ ...nameOf(snapshot), bytes })) };
  }
  const { outcome, damages, lockFailure } = report;
  return {
    ...common,
    copied: outcome.copied.map(({ snapshot, id }) => ({ ...nameOf(snapshot), copy: id })),
    readBytes: outcome.readBytes,
    writtenBytes: outcome.writtenBytes ?? null,
    isWhole: damages === undefined ? null : damages.length === 0,
    damages: damages ?? [],
    lockFailure: failureJson(lockFailure),
  };
}

function nameOf({ id, server, backupId, time }: Snapshot) {
  return { id, server, backupId, time };
}

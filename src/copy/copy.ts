import type { Archive } from '../archive/archive.ts';
import { underLease, type Leases } from '../archive/lease.ts';
import type { CopyOutcome, CopyPlan, SnapshotCopier } from '../archive/snapshot-copier.ts';
import { assertOfServer, findSnapshot } from '../domain/find-snapshot.ts';
import { newestFirst, type Snapshot } from '../domain/snapshot.ts';
import { Failure, isFailure, wrongUsage } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { Staging } from '../staging/staging.ts';
import { copyPins } from './copy-pins.ts';
import { copyReports } from './copy-reports.ts';
import { planByName } from './plan-by-name.ts';
import { StagedCopier } from './staged-copier.ts';

export interface CopyRequest {
  readonly source: Archive;
  readonly target: Archive;
  readonly targetLeases: Leases;
  /** Only asked for where the layouts differ. */
  readonly staging: () => Staging;
  /** Of snapshots of the source, as an operator names them; empty for all that the target lacks. */
  readonly ids: readonly string[];
  readonly server: string | undefined;
  /** Whether the target may be made where there is none. */
  readonly isInit: boolean;
  readonly areKeysNew: boolean;
}

export interface PreparedCopy {
  readonly copier: SnapshotCopier;
  /** The oldest first. */
  readonly wanted: readonly Snapshot[];
  /** `made`: by this run. */
  readonly targetState: 'there' | 'made' | 'missing';
}

/**
 * Opens both archives and finds the snapshots that are wanted. A target that is not there is not made by this; it is told, where `isInit` says that it may be
 * missing.
 *
 * @throws Failure E_USAGE when both are the same place, E_ARCHIVE_MISSING (exit code 10), E_SNAPSHOT_UNKNOWN
 */
export async function prepareCopy(request: CopyRequest, options: OperationContext = {}): Promise<PreparedCopy> {
  const { source, target, ids, server } = request;
  if (source.location === target.location) {
    throw wrongUsage(`Cannot copy ${source.location} into itself`, 'name another place with --to, or the setting copy.archive');
  }
  await source.open(options);
  const all = assertOfServer(await source.list({ server }, options), server);
  const wanted = ids.length === 0 ? all : [...new Set(ids.map((id) => findSnapshot(all, id)))];
  const copier = target.copierFrom?.(source) ?? new StagedCopier(source, target, request.staging);
  return { copier, wanted: wanted.toSorted((a, b) => newestFirst(b, a)), targetState: await openTarget(copier, request, options) };
}

async function openTarget(
  copier: SnapshotCopier,
  { target, isInit, areKeysNew }: CopyRequest,
  options: OperationContext,
): Promise<'there' | 'missing'> {
  try {
    await target.open(options);
  } catch (error) {
    if (isFailure(error, 'E_WRONG_KEY')) throw wrongKeyOf(error);
    if (!isFailure(error, 'E_ARCHIVE_MISSING')) throw error;
    if (!isInit) throw missing(target, error);
    return 'missing';
  }
  if (!areKeysNew || !(await copier.sharesKeys(options))) return 'there';
  throw wrongUsage(
    `Cannot copy to ${target.location} with new keys: it is there already, and its keys are those of the first archive`,
    'name a place where there is no archive yet',
  );
}

/** Makes the target where it is missing. */
export async function initTarget(
  prepared: PreparedCopy,
  { target, areKeysNew }: Pick<CopyRequest, 'target' | 'areKeysNew'>,
  options: OperationContext = {},
): Promise<PreparedCopy> {
  if (prepared.targetState !== 'missing') return prepared;
  const isNew = await prepared.copier.createTarget(areKeysNew, options);
  await target.open(options);
  return { ...prepared, targetState: isNew ? 'made' : 'there' };
}

function missing({ location }: Archive, cause: Failure): Failure {
  return new Failure('E_ARCHIVE_MISSING', `Cannot copy to ${location}: there is no archive`, {
    cause,
    exitCode: cause.exitCode,
    hint: 'check --to or the setting copy.archive, or add --init to make it',
  });
}

/** The first archive has a password file of its own; the hint must name that of the second. */
function wrongKeyOf({ code, message, exitCode, cause }: Failure): Failure {
  const hint =
    'check the file that --to-password-file or the setting copy.passwordFile names; without either it is that of the first archive';
  return new Failure(code, message, { exitCode, hint, cause });
}

/** What {@link copy} would do. Changes nothing. */
export async function planCopy({ copier, wanted, targetState }: PreparedCopy, options: OperationContext = {}): Promise<CopyPlan> {
  return targetState === 'missing' ? planByName(wanted, []) : copier.plan(wanted, options);
}

/**
 * Copies what the target lacks, and the reports that prove it and the pins that hold it, under the lease of each server there, so that two copies do not both copy the same. What was copied before a failure
 * stays, and a further run goes on.
 *
 * @throws Failure E_BUSY (exit code 11)
 */
export async function copy(
  { copier, wanted }: PreparedCopy,
  { source, target, targetLeases }: Pick<CopyRequest, 'source' | 'target' | 'targetLeases'>,
  options: OperationContext = {},
): Promise<CopyOutcome> {
  const outcomes: CopyOutcome[] = [];
  for (const [server, snapshots] of Map.groupBy(wanted, (snapshot) => snapshot.server)) {
    outcomes.push(
      await underLease(targetLeases, server, options, (lease, held) =>
        copier.copy(snapshots, { ...held, assertHeld: () => lease.assertHeld() }),
      ),
    );
  }
  await copyReports({ source, target }, wanted, options);
  await copyPins({ source, target }, wanted, options);
  const isKnown = outcomes.every(({ writtenBytes }) => writtenBytes !== undefined);
  return {
    copied: outcomes.flatMap(({ copied }) => copied),
    present: outcomes.flatMap(({ present }) => present),
    damaged: outcomes.flatMap(({ damaged }) => damaged),
    readBytes: outcomes.reduce((sum, { readBytes }) => sum + readBytes, 0),
    writtenBytes: isKnown ? outcomes.reduce((sum, { writtenBytes = 0 }) => sum + writtenBytes, 0) : undefined,
  };
}

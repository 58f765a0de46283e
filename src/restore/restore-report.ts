import type { EntryProof, RecoveryReport } from '../domain/recovery-report.ts';
import { messageOf } from '../foundation/failure.ts';
import type { RestoreJournal } from '../staging/restore-journal.ts';
import type { RestorePlan } from './plan.ts';
import { isChanging, keyOf } from './steps.ts';

export interface EndedRestore {
  readonly plan: RestorePlan;
  readonly program: string;
  readonly journal: RestoreJournal;
  readonly proofs: readonly EntryProof[];
  /** Undefined when it came to its end. */
  readonly failure: unknown;
  readonly began: Date;
  readonly now: Date;
}

/** What is kept of a restore beside its snapshot; undefined of one that failed before it changed anything, which says nothing of the snapshot. */
export function reportOf({ plan, program, journal, proofs, failure, began, now }: EndedRestore): RecoveryReport | undefined {
  const isChanged = plan.steps.some((step) => isChanging(step) && journal.isBegun(keyOf(step)));
  if (failure !== undefined && !isChanged) return undefined;
  const { snapshot, target } = plan;
  const isCompared = proofs.length > 0 && proofs.every(({ state }) => state === 'equal');
  // The server is proven, and so is the export; but the database files, by which a snapshot is told as proven, were not tried.
  const isProven = isCompared && plan.source === 'backup';
  const unproven = failure === undefined ? 'unproven' : 'failed';
  const untried = 'only its export was restored, and every entry is as it should be; its backup was not tried';
  const incomplete = isCompared ? (isProven ? undefined : untried) : 'the set has nothing to compare with';
  const reason = failure === undefined ? incomplete : messageOf(failure);
  return {
    version: 1,
    kind: 'restore',
    outcome: failure === undefined && isProven ? 'proven' : unproven,
    snapshot: snapshot.id,
    backupId: snapshot.backupId,
    server: snapshot.server,
    time: began.toISOString(),
    milliseconds: Math.max(0, now.getTime() - began.getTime()),
    program,
    target: `${target.product} ${target.version} at ${target.location}`,
    steps: journal.document.steps.map(({ key, milliseconds }) => ({ name: key, milliseconds })),
    proofs: [...proofs],
    ...(reason === undefined ? {} : { reason }),
  };
}

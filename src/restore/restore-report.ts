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
  const unproven = failure === undefined ? 'unproven' : 'failed';
  return {
    version: 1,
    kind: 'restore',
    outcome: failure === undefined && isCompared ? 'proven' : unproven,
    snapshot: snapshot.id,
    backupId: snapshot.backupId,
    server: snapshot.server,
    time: began.toISOString(),
    milliseconds: Math.max(0, now.getTime() - began.getTime()),
    program,
    target: `${target.product} ${target.version} at ${target.location}`,
    steps: journal.document.steps.map(({ key, milliseconds }) => ({ name: key, milliseconds })),
    proofs: [...proofs],
    ...(failure === undefined ? (isCompared ? {} : { reason: 'the set has nothing to compare with' }) : { reason: messageOf(failure) }),
  };
}

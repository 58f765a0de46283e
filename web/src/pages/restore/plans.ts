import type { Manifest } from '../../../../src/domain/manifest.ts';
import type { EntryProof, RecoveryReport } from '../../../../src/domain/recovery-report.ts';
import type { InitializePlan } from '../../../../src/restore/initialize-replica.ts';
import type { RestorePlan } from '../../../../src/restore/plan.ts';
import type { RollBackPlan } from '../../../../src/restore/roll-back.ts';
import { getDocument, sendDocument, type RequestOptions } from '../../api/client.ts';
import { readCommand, type ReadOptions } from '../../api/read-command.ts';
import type { ListedSnapshot } from '../../api/snapshots.ts';

/** What `restore --json` prints; with `--plan` nothing is done, and only the plan is of use. */
export interface RestoreDocument {
  readonly isDone: boolean;
  readonly plan: RestorePlan;
  readonly proofs: readonly EntryProof[];
  readonly steps: readonly { readonly key: string; readonly milliseconds: number }[];
  readonly milliseconds: number;
}

/** What `roll-back --json` prints. */
export interface RollBackDocument {
  readonly isDone: boolean;
  readonly plan: RollBackPlan;
  readonly milliseconds: number;
}

/** What `initialize --json` prints. */
export interface InitializeDocument {
  readonly isDone: boolean;
  readonly plan: InitializePlan;
  readonly proofs: readonly EntryProof[];
  readonly milliseconds: number;
}

/** `GET /api/v1/snapshots/{id}`: what it is made of, and what came of its restores and drills. */
export interface ShownSnapshot extends ListedSnapshot {
  readonly manifest: Pick<Manifest, 'backends' | 'source'>;
  readonly reports?: readonly StoredReport[];
}

interface StoredReport extends Pick<RecoveryReport, 'time' | 'kind' | 'outcome'> {
  readonly report?: RecoveryReport;
}

/** @throws ApiFailure */
export function showSnapshot(id: string, options: RequestOptions): Promise<ShownSnapshot> {
  return getDocument<ShownSnapshot>(`/snapshots/${encodeURIComponent(id)}`, options);
}

/** What the state machine would do; nothing is changed. @throws ApiFailure with the refusal of the restore itself */
export async function planRestore(words: readonly string[], options: RequestOptions): Promise<RestorePlan> {
  return (await sendDocument<RestoreDocument>('POST', '/plans/restore', { words }, options)).plan;
}

/** The same plan with what becomes of the entries that are there now; the server exports them for it. @throws ApiFailure */
export async function compareRestore(words: readonly string[], options: ReadOptions): Promise<RestorePlan> {
  return (await readCommand<RestoreDocument>(['restore', ...words, '--plan', '--compare'], options)).plan;
}

/** How the unfinished restore of a topology would be undone. @throws ApiFailure E_USAGE where none is unfinished, E_NO_WAY_BACK */
export async function planRollBack(options: RequestOptions): Promise<RollBackPlan> {
  return (await readCommand<RollBackDocument>(['roll-back', '--plan'], options)).plan;
}

/** How the server would get the entries of another replica. @throws ApiFailure */
export async function planInitialize(words: readonly string[], options: RequestOptions): Promise<InitializePlan> {
  return (await readCommand<InitializeDocument>(['initialize', ...words, '--plan'], options)).plan;
}

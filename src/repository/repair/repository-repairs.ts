import type { Id } from '../format/hex-id.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { RepositoryCore } from '../repository-core.ts';
import type { FileToSave } from '../save-files.ts';
import { examineSnapshot, type ExaminedSnapshot } from './examine-snapshot.ts';
import type { IndexRepairPlan } from './plan-index-repair.ts';
import { listPacks, readAndPlanIndexRepair, repairIndex, type IndexRepairRequest } from './repair-index.ts';
import { planPackRepair, repairPacks, type PackRepair, type PackRepairRequest } from './repair-packs.ts';
import { changeSnapshots, readSnapshots, type SnapshotChanges, type SnapshotsAsTheyAre } from './repair-snapshots.ts';
import { storeAgain } from './store-again.ts';
import { findUnnamedRoots } from './unnamed-roots.ts';

/**
 * What puts a repository right after damage. Each repair is planned first, which changes nothing, and is done under an exclusive lock, planned anew.
 * Killed anywhere it leaves more than is needed and nothing less, and the next call goes on.
 */
export class RepositoryRepairs {
  readonly #core: RepositoryCore;

  constructor(core: RepositoryCore) {
    this.#core = core;
  }

  planIndex(request: IndexRepairRequest): Promise<IndexRepairPlan> {
    return readAndPlanIndexRepair(this.#core, request);
  }

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  repairIndex(request: IndexRepairRequest): Promise<IndexRepairPlan> {
    return repairIndex(this.#core, request);
  }

  /** All packs that lie in the store. */
  async packIds(signal: AbortSignal | undefined): Promise<Id[]> {
    return (await listPacks(this.#core, signal)).map(({ id }) => id);
  }

  planPacks(request: PackRepairRequest): Promise<PackRepair[]> {
    return planPackRepair(this.#core, request);
  }

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  repairPacks(request: PackRepairRequest): Promise<PackRepair[]> {
    return repairPacks(this.#core, request);
  }

  /** All snapshots, with what can be made of files that cannot be read. */
  readSnapshots(signal: AbortSignal | undefined): Promise<SnapshotsAsTheyAre> {
    return readSnapshots(this.#core, signal);
  }

  /** What of a tree can still be had; with `readData` every byte of the packs that it needs is read. */
  examineSnapshot(
    root: Id,
    {
      readData,
      onRead,
      signal,
    }: { readonly readData: boolean; readonly onRead: (bytes: number) => void; readonly signal: AbortSignal | undefined },
  ): Promise<ExaminedSnapshot> {
    const examine = (pipeline?: Pipeline): Promise<ExaminedSnapshot> => examineSnapshot(this.#core, root, { pipeline, onRead, signal });
    return readData ? this.#core.withReaders(examine) : examine();
  }

  /** Roots of sets that no snapshot names, and that were not forgotten on purpose. */
  findUnnamedRoots(namedRoots: readonly Id[], signal: AbortSignal | undefined): Promise<Id[]> {
    return findUnnamedRoots(this.#core, namedRoots, signal);
  }

  /** Stores what the repository lacks of these files, and no snapshot. */
  storeAgain(files: readonly FileToSave[], onRead: (bytes: number) => void, signal: AbortSignal | undefined): Promise<number> {
    return storeAgain(this.#core, files, onRead, signal);
  }

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  changeSnapshots<Result>(signal: AbortSignal | undefined, work: (changes: SnapshotChanges) => Promise<Result>): Promise<Result> {
    return changeSnapshots(this.#core, signal, work);
  }
}

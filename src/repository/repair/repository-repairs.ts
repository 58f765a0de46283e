import type { Id } from '../format/hex-id.ts';
import type { RepositoryCore } from '../repository-core.ts';
import type { IndexRepairPlan } from './plan-index-repair.ts';
import { listPacks, readAndPlanIndexRepair, repairIndex, type IndexRepairRequest } from './repair-index.ts';
import { planPackRepair, repairPacks, type PackRepair, type PackRepairRequest } from './repair-packs.ts';

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
}

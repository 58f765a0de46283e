import { Failure } from '../../foundation/failure.ts';
import type { OperationContext, ReportProgress } from '../../foundation/progress.ts';
import type { IndexRepairPlan, Repository } from '../../repository/repository.ts';
import type { ArchiveRepairs, IndexRepair, PackRepair } from '../archive-repairs.ts';

/** The repairs of the layout `repository`. */
export class StoredRepairs implements ArchiveRepairs {
  readonly #open: (signal: AbortSignal | undefined) => Promise<Repository>;

  constructor(open: (signal: AbortSignal | undefined) => Promise<Repository>) {
    this.#open = open;
  }

  async planIndex(readAllPacks: boolean, { signal, report }: OperationContext = {}): Promise<IndexRepair> {
    const { repairs } = await this.#open(signal);
    return counting('read headers', 'objects', report, async (count) =>
      indexRepairOf(await repairs.planIndex({ readAllPacks, signal, onPackRead: () => count(1) })),
    );
  }

  async repairIndex(readAllPacks: boolean, { signal, report }: OperationContext = {}): Promise<IndexRepair> {
    const { repairs } = await this.#open(signal);
    return counting('repair index', 'objects', report, async (count) =>
      indexRepairOf(await repairs.repairIndex({ readAllPacks, signal, onPackRead: () => count(1) })),
    );
  }

  async planPacks(ids: readonly string[], { signal, report }: OperationContext = {}): Promise<readonly PackRepair[]> {
    const { repairs } = await this.#open(signal);
    const wanted = wantedPacks(await repairs.packIds(signal), ids);
    return counting('read packs', 'bytes', report, (count) => repairs.planPacks({ ids: wanted, signal, onRead: count }));
  }

  async repairPacks(ids: readonly string[], { signal, report }: OperationContext = {}): Promise<readonly PackRepair[]> {
    const { repairs } = await this.#open(signal);
    const wanted = wantedPacks(await repairs.packIds(signal), ids);
    return counting('repair packs', 'bytes', report, (count) => repairs.repairPacks({ ids: wanted, signal, onRead: count }));
  }
}

/** The packs that the words name, each by its ID or the beginning of it. */
function wantedPacks(present: readonly string[], words: readonly string[]): readonly string[] {
  return words.map((word) => {
    const [found, ...others] = present.filter((id) => word.length >= 2 && id.startsWith(word));
    if (found !== undefined && others.length === 0) return found;
    const state = found === undefined ? 'the archive has none of this ID' : `it names ${others.length + 1} packs`;
    throw new Failure('E_PACK_UNKNOWN', `Cannot tell which pack "${word}" is: ${state}`, {
      hint: 'run "rootcellar verify --read-data" to see the damaged ones, or name none to have all read',
    });
  });
}

function indexRepairOf({ packs, ...plan }: IndexRepairPlan): IndexRepair {
  return { ...plan, listed: packs.length };
}

async function counting<Result>(
  step: string,
  unit: 'bytes' | 'objects',
  report: ReportProgress | undefined,
  work: (count: (more: number) => void) => Promise<Result>,
): Promise<Result> {
  let done = 0;
  report?.({ kind: 'begin', step, unit });
  const result = await work((more) => {
    done += more;
    report?.({ kind: 'advance', step, done });
  });
  report?.({ kind: 'end', step });
  return result;
}

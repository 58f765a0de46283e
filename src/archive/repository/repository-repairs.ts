import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../foundation/failure.ts';
import type { OperationContext, ReportProgress } from '../../foundation/progress.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import {
  planConfigRepair,
  repairConfig,
  type FileToSave,
  type IndexRepairPlan,
  type Repository,
  type RepositoryOptions,
} from '../../repository/repository.ts';
import type { ArchiveRepairs, ConfigRepair, IndexRepair, PackRepair, SnapshotRepair, SnapshotRepairRequest } from '../archive-repairs.ts';
import { StoredPins } from '../stored-pins.ts';
import { planSnapshotRepair, repairSnapshots } from './repair-snapshots.ts';
import { repositoryPins } from './repository-pins.ts';

/** Where a repository lies, whether or not it can be opened. */
export interface RepositoryPlace {
  readonly store: ObjectStore;
  readonly password: Secret;
  readonly options: RepositoryOptions;
  readonly open: (signal: AbortSignal | undefined) => Promise<Repository>;
}

/** The repairs of the layout `repository`. */
export class StoredRepairs implements ArchiveRepairs {
  readonly #place: RepositoryPlace;
  readonly #open: RepositoryPlace['open'];

  constructor(place: RepositoryPlace) {
    this.#place = place;
    this.#open = place.open;
  }

  planConfig({ signal }: OperationContext = {}): Promise<ConfigRepair> {
    const { store, password } = this.#place;
    return planConfigRepair(store, password, signal);
  }

  repairConfig({ signal }: OperationContext = {}): Promise<ConfigRepair> {
    const { store, password, options } = this.#place;
    return repairConfig(store, password, options, signal);
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

  async planSnapshots(request: SnapshotRepairRequest, { signal, report }: OperationContext = {}): Promise<SnapshotRepair> {
    const repository = await this.#open(signal);
    return counting(
      'look at snapshots',
      'bytes',
      report,
      async (onRead) => (await planSnapshotRepair(repository, request, { signal, onRead, pins: this.#pins(repository) })).shown,
    );
  }

  async repairSnapshots(request: SnapshotRepairRequest, { signal, report }: OperationContext = {}): Promise<SnapshotRepair> {
    const repository = await this.#open(signal);
    return counting('repair snapshots', 'bytes', report, (onRead) =>
      repairSnapshots(repository, request, { signal, onRead, pins: this.#pins(repository) }),
    );
  }

  #pins(repository: Repository): StoredPins {
    const { store, options } = this.#place;
    return new StoredPins({ store, contents: repositoryPins(store, repository), ...options });
  }

  async storeAgain(folder: string, { signal, report }: OperationContext = {}): Promise<number> {
    const { repairs } = await this.#open(signal);
    const files = await filesBelow(folder);
    return counting('store again', 'bytes', report, (count) => repairs.storeAgain(files, count, signal));
  }
}

async function filesBelow(folder: string): Promise<FileToSave[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return paths.map((from) => ({ path: path.relative(folder, from).split(path.sep).join('/'), from, isHashed: false }));
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

import type { Snapshot } from '../../domain/snapshot.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { Id, Repository } from '../../repository/repository.ts';
import type { SaveOptions } from '../archive.ts';
import type { CopyOutcome, CopyPlan, SnapshotCopier } from '../snapshot-copier.ts';

/** The two archives, as far as a copy needs them; opened when they are first asked for. */
export interface CopierParts {
  readonly source: (signal: AbortSignal | undefined) => Promise<Repository>;
  readonly target: (signal: AbortSignal | undefined) => Promise<Repository>;
  /** What the target lists. */
  readonly listTarget: (options: OperationContext) => Promise<readonly Snapshot[]>;
  readonly createTarget: (source: Repository, areKeysNew: boolean, options: OperationContext) => Promise<boolean>;
}

/** Copies between two repositories: blobs go over sealed as they are where both have the same keys, and are sealed anew where not. */
export class RepositoryCopier implements SnapshotCopier {
  readonly #parts: CopierParts;

  constructor(parts: CopierParts) {
    this.#parts = parts;
  }

  async createTarget(areKeysNew: boolean, options: OperationContext = {}): Promise<boolean> {
    return this.#parts.createTarget(await this.#parts.source(options.signal), areKeysNew, options);
  }

  async sharesKeys({ signal }: OperationContext = {}): Promise<boolean> {
    return (await this.#parts.target(signal)).hasSameKeys(await this.#parts.source(signal));
  }

  async plan(snapshots: readonly Snapshot[], options: OperationContext = {}): Promise<CopyPlan> {
    const { named, others } = await this.#parted(snapshots, options);
    const target = await this.#parts.target(options.signal);
    const { missing, present, damaged } = await target.planCopy(await this.#parts.source(options.signal), idsOf(others), options.signal);
    return {
      missing: missing.map(({ id, bytes }) => ({ snapshot: byId(others, id), bytes })),
      present: [...named, ...present.map(({ from }) => byId(others, from))],
      damaged: damaged.map(({ id, failure }) => ({ snapshot: byId(others, id), finding: failure.message })),
    };
  }

  async copy(snapshots: readonly Snapshot[], options: SaveOptions = {}): Promise<CopyOutcome> {
    const { signal, report, assertHeld } = options;
    const { named, others } = await this.#parted(snapshots, options);
    const target = await this.#parts.target(signal);
    const request = { ids: idsOf(others), report, assertHeld: async () => assertHeld?.() };
    const { copied, present, damaged, carried } = await target.copyFrom(await this.#parts.source(signal), request, signal);
    return {
      copied: copied.map(({ from, id }) => ({ snapshot: byId(others, from), id })),
      present: [...named, ...present.map(({ from }) => byId(others, from))],
      damaged: damaged.map(({ id, failure }) => ({ snapshot: byId(others, id), finding: failure.message })),
      readBytes: carried.readBytes,
      writtenBytes: carried.writtenBytes,
    };
  }

  /** A set has its name once in an archive, however it came there: `named` are in the target under their server and backup ID. */
  async #parted(
    snapshots: readonly Snapshot[],
    options: OperationContext,
  ): Promise<{ readonly named: readonly Snapshot[]; readonly others: readonly Snapshot[] }> {
    const names = new Set((await this.#parts.listTarget(options)).filter(({ state }) => state !== 'damaged').map(nameOf));
    const isNamed = (snapshot: Snapshot): boolean => snapshot.state !== 'damaged' && names.has(nameOf(snapshot));
    return { named: snapshots.filter(isNamed), others: snapshots.filter((snapshot) => !isNamed(snapshot)) };
  }
}

function nameOf({ server, backupId }: Snapshot): string {
  return `${server}/${backupId}`;
}

function idsOf(snapshots: readonly Snapshot[]): Id[] {
  return snapshots.map(({ id }) => id);
}

function byId(snapshots: readonly Snapshot[], id: Id): Snapshot {
  const found = snapshots.find((snapshot) => snapshot.id === id);
  if (found === undefined) throw new Error(`snapshot ${id} was not asked for`);
  return found;
}

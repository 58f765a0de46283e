import { mapConcurrently } from '../foundation/concurrency.ts';
import { isFailure, messageOf } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { BlobIndex, BlobPlace } from './blob-index.ts';
import type { Id } from './format/hex-id.ts';
import { headerBytesOf, packKey, type PackedBlob } from './format/pack-header.ts';
import { shortened } from './format/repository-failures.ts';
import type { BlobFinding } from './pipeline/jobs.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { packsAtOnce, withPackBytes } from './pipeline/read-packs.ts';
import type { WalkedTree } from './walk-tree.ts';

export interface SnapshotFinding {
  readonly path: string;
  /** One clause: `needs blob 12ab…, which no index lists`. */
  readonly finding: string;
}

/** What was found of each pack; kept between snapshots, as they share most of theirs. */
export class PackChecks {
  readonly #store: ObjectStore;
  readonly #blobsByPack: ReadonlyMap<Id, readonly BlobPlace[]>;
  readonly #findings = new Map<Id, Promise<readonly BlobFinding[]>>();
  #sizes: Promise<ReadonlyMap<string, number>> | undefined;

  constructor(store: ObjectStore, index: BlobIndex) {
    this.#store = store;
    this.#blobsByPack = Map.groupBy(index.places(), ({ packId }) => packId);
  }

  /** Whether the pack is there, and of the length that the index says. */
  async checkPresence(packId: Id, signal: AbortSignal | undefined): Promise<string | undefined> {
    this.#sizes ??= this.#list(signal);
    const bytes = (await this.#sizes).get(packKey(packId));
    if (bytes === undefined) return 'is missing';
    const expected = this.#bytesOf(packId);
    return bytes === expected ? undefined : `has ${bytes} bytes instead of ${expected}`;
  }

  /** Reads the pack and checks every byte. */
  checkContent(
    packId: Id,
    pipeline: Pipeline,
    onRead: (bytes: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<readonly BlobFinding[]> {
    const known = this.#findings.get(packId);
    if (known !== undefined) return known;
    const checked = this.#read(packId, pipeline, onRead, signal);
    this.#findings.set(packId, checked);
    return checked;
  }

  async #read(
    packId: Id,
    pipeline: Pipeline,
    onRead: (bytes: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<readonly BlobFinding[]> {
    try {
      const blobs: PackedBlob[] = [...(this.#blobsByPack.get(packId) ?? [])];
      const check = () =>
        withPackBytes({ store: this.#store, pipeline }, packId, { signal }, async (bytes, length, transfer) => {
          const { findings } = await pipeline.pool.run({ kind: 'check-pack', bytes, packId, blobs }, { transfer });
          return { findings, length };
        });
      const first = await check();
      onRead(first.length);
      // What was damaged under way comes whole the second time; what lies damaged in the store does not.
      return first.findings.length === 0 ? [] : (await check()).findings;
    } catch (error) {
      this.#findings.delete(packId);
      if (isFailure(error, 'E_OBJECT_MISSING')) return [{ blobId: undefined, finding: 'it is missing' }];
      if (isFailure(error, 'E_OBJECT_DAMAGED')) return [{ blobId: undefined, finding: messageOf(error) }];
      throw error;
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for await (const { key, bytes } of this.#store.list('data/', { signal })) sizes.set(key, bytes);
    return sizes;
  }

  #bytesOf(packId: Id): number {
    const blobs = this.#blobsByPack.get(packId) ?? [];
    return blobs.reduce((sum, { length }) => sum + length, headerBytesOf(blobs));
  }
}

/**
 * All that keeps a snapshot from coming back whole: trees, blobs that no index lists, packs that are missing or of another length, and with a pipeline every
 * byte of every pack that it needs.
 */
export async function verifySnapshot(
  tree: WalkedTree,
  index: BlobIndex,
  checks: PackChecks,
  options: { readonly pipeline: Pipeline | undefined; readonly onRead: (bytes: number) => void; readonly signal: AbortSignal | undefined },
): Promise<SnapshotFinding[]> {
  const findings: SnapshotFinding[] = tree.unreadable.map(({ path, reason }) => ({
    path: path || '/',
    finding: `cannot be read: ${messageOf(reason)}`,
  }));
  const packs = new Map<Id, Map<Id, string>>();
  const need = (places: readonly BlobPlace[], name: string, id: Id): void => {
    const [place] = places;
    if (place === undefined) findings.push({ path: name, finding: `needs blob ${shortened(id)}, which no index lists` });
    else packs.set(place.packId, (packs.get(place.packId) ?? new Map<Id, string>()).set(id, packs.get(place.packId)?.get(id) ?? name));
  };
  for (const id of tree.trees) if (index.has('tree', id)) need(index.findAll('tree', id), 'tree', id);
  for (const { path, node } of tree.entries) for (const id of node.content) need(index.findAll('data', id), path, id);
  const found = await mapConcurrently(packs, packsAtOnce, async ([packId, blobs]) => findingsOf(packId, blobs, checks, options));
  return [...findings, ...found.flat()];
}

async function findingsOf(
  packId: Id,
  blobs: ReadonlyMap<Id, string>,
  checks: PackChecks,
  {
    pipeline,
    onRead,
    signal,
  }: { readonly pipeline: Pipeline | undefined; readonly onRead: (bytes: number) => void; readonly signal: AbortSignal | undefined },
): Promise<SnapshotFinding[]> {
  const names = [...new Set(blobs.values())];
  const pack = `pack ${shortened(packId)}`;
  const absence = await checks.checkPresence(packId, signal);
  if (absence === 'is missing') return names.map((path) => ({ path, finding: `needs ${pack}, which is missing` }));
  if (pipeline === undefined)
    return absence === undefined ? [] : names.map((path) => ({ path, finding: `needs ${pack}, which ${absence}` }));
  const found = await checks.checkContent(packId, pipeline, onRead, signal);
  // What is wrong with the pack as such counts for all in it; a blob of another snapshot's does not.
  return found.flatMap(({ blobId, finding }) => {
    if (blobId === undefined) return names.map((path) => ({ path, finding: `needs ${pack}, of which ${finding}` }));
    const path = blobs.get(blobId);
    return path === undefined ? [] : [{ path, finding: `needs blob ${shortened(blobId)} in ${pack}, of which ${finding}` }];
  });
}

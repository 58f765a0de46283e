import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { Id } from '../format/hex-id.ts';
import { encodeIndex, type IndexedPack } from '../format/index-file.ts';
import { packIdOf, type PackedBlob } from '../format/pack-header.ts';
import { loadIndex } from '../index-loader.ts';
import { blobsInAnIndex } from '../index-writer.ts';
import { readHeaderOf, type PackObject } from '../packs/read-header.ts';
import { readMarks } from '../prune/marks.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { underExclusiveLock, type Held } from './under-exclusive-lock.ts';
import { packsToRead, planIndexRepair, type IndexRepairPlan } from './plan-index-repair.ts';

export interface IndexRepairRequest {
  /** Whether every pack is asked what it holds, not only those that no index lists or that have another length. */
  readonly readAllPacks: boolean;
  readonly onPackRead: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
}

const headersAtOnce = 8;

/** Decides what {@link repairIndex} would do; reads headers, and changes nothing. */
export async function readAndPlanIndexRepair(core: RepositoryCore, request: IndexRepairRequest): Promise<IndexRepairPlan> {
  const { store, documents, cipher } = core;
  const { signal, readAllPacks, onPackRead } = request;
  const packs = await listPacks(core, signal);
  const index = await loadIndex(documents, signal);
  const putAside = new Set((await readMarks(store, cipher, signal)).flatMap(({ damaged }) => damaged));
  const state = { index, packs, putAside };
  const wanted = packsToRead(state, readAllPacks);
  const headers = new Map<Id, readonly PackedBlob[] | string>();
  await mapConcurrently(
    wanted,
    headersAtOnce,
    async (pack) => {
      headers.set(pack.id, await readHeaderOf(store, cipher, pack, signal));
      onPackRead(headers.size, wanted.length);
    },
    signal,
  );
  return planIndexRepair(state, headers);
}

/**
 * Makes the index say what the packs say: under an exclusive lock, planned anew, first the new index, then the removal of those it takes the place
 * of. Killed in between it leaves more than is needed and nothing less; the next call goes on.
 *
 * @throws Failure E_REPOSITORY_LOCKED (exit code 11)
 */
export async function repairIndex(core: RepositoryCore, request: IndexRepairRequest): Promise<IndexRepairPlan> {
  return underExclusiveLock(core, request.signal, async (held) => {
    const plan = await readAndPlanIndexRepair(core, { ...request, signal: held.signal });
    await replaceIndex(core, plan, held);
    return plan;
  });
}

/** Writes an index of `packs`, then removes the files whose place it takes. */
export async function replaceIndex(
  core: RepositoryCore,
  { packs, removed }: { readonly packs: readonly IndexedPack[]; readonly removed: readonly Id[] },
  { signal, assertHeld }: Held,
): Promise<void> {
  if (removed.length + packs.length === 0) return;
  const parts = partsOf(packs);
  for (const [place, part] of parts.entries()) {
    // Only the last one supersedes: until then the old ones hold.
    const supersedes = place === parts.length - 1 ? removed : [];
    await core.documents.write('index', encodeIndex({ supersedes, packs: part }), signal);
  }
  await assertHeld();
  await core.documents.remove('index', removed, signal);
  core.forgetIndex();
}

function partsOf(packs: readonly IndexedPack[]): IndexedPack[][] {
  const parts: IndexedPack[][] = [];
  let blobs = Infinity;
  for (const pack of packs) {
    if (blobs >= blobsInAnIndex) {
      parts.push([]);
      blobs = 0;
    }
    parts.at(-1)?.push(pack);
    blobs += pack.blobs.length;
  }
  return parts;
}

/** The packs that lie in the store; objects of other names are passed over. */
export async function listPacks({ store }: RepositoryCore, signal: AbortSignal | undefined): Promise<PackObject[]> {
  const packs: PackObject[] = [];
  for await (const { key, bytes } of store.list('data/', { signal })) {
    const id = packIdOf(key);
    if (id !== undefined) packs.push({ id, bytes });
  }
  return packs;
}

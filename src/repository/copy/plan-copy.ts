import type { Id } from '../format/hex-id.ts';
import { loadIndexToBuildOn } from '../index-to-build-on.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { missingBlobs } from './missing-blobs.ts';
import { compareSnapshots, sourceParts, tellingDamage, type CopiedSnapshot, type DamagedSnapshot } from './snapshots-to-copy.ts';

export interface CopyEstimate {
  readonly present: readonly CopiedSnapshot[];
  /** The oldest first; `bytes` lie in the source, sealed, and are in no snapshot before. */
  readonly missing: readonly { readonly id: Id; readonly bytes: number; readonly blobs: number }[];
  readonly damaged: readonly DamagedSnapshot[];
}

/** Finds out which of these snapshots the target lacks, and how much of them. Changes nothing. */
export async function planCopy(
  source: RepositoryCore,
  target: RepositoryCore,
  ids: readonly Id[],
  signal: AbortSignal | undefined,
): Promise<CopyEstimate> {
  const { present, missing, damaged } = await compareSnapshots(source, target, ids, signal);
  const from = await sourceParts(source, signal);
  const { blobs: there } = await loadIndexToBuildOn(target, signal);
  const seen = new Set<string>();
  const found: { id: Id; bytes: number; blobs: number }[] = [];
  for (const { id, file } of missing) {
    signal?.throwIfAborted();
    await tellingDamage(id, damaged, async () => {
      const places = await missingBlobs(file.tree, from, (type, blob) => seen.has(`${type} ${blob}`) || there.has(type, blob), signal);
      for (const place of places) seen.add(`${place.type} ${place.id}`);
      found.push({ id, bytes: places.reduce((sum, { length }) => sum + length, 0), blobs: places.length });
    });
  }
  return { present, missing: found, damaged };
}

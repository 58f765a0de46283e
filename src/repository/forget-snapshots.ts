import { isFailure } from '../foundation/failure.ts';
import { readForgotten, writeForgotten } from './forgotten-trees.ts';
import { decodeSnapshot } from './format/snapshot-file.ts';
import type { Id } from './format/hex-id.ts';
import type { RepositoryCore } from './repository-core.ts';

/** Removes snapshots, after it was written down that this is on purpose. */
export async function forgetSnapshots(core: RepositoryCore, ids: readonly Id[], signal: AbortSignal | undefined): Promise<void> {
  const read = await core.documents.readAll('snapshots', ids, signal);
  const trees = read.flatMap(([id, content]) => (content instanceof Error ? [] : treeOf(content, id)));
  // Where an account may not remove snapshots, every run tries.
  const known = new Set(trees.length === 0 ? [] : (await readForgotten(core, signal)).flatMap((one) => one.trees));
  const unknown = trees.filter((tree) => !known.has(tree));
  if (unknown.length > 0) await writeForgotten(core, unknown, signal);
  await core.documents.remove('snapshots', ids, signal);
}

function treeOf(content: Uint8Array, id: Id): Id[] {
  try {
    return [decodeSnapshot(content, id).tree];
  } catch (error) {
    // It names none that could be missed.
    if (isFailure(error)) return [];
    throw error;
  }
}

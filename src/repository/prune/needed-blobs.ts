import { mapConcurrently } from '../../foundation/concurrency.ts';
import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { Id } from '../format/hex-id.ts';
import { shortened } from '../format/repository-failures.ts';
import { readTree } from '../walk-tree.ts';

const treesAtOnce = 8;

/**
 * All blobs that these root trees reach: `data <id>`, `tree <id>`. Each tree is read once.
 *
 * @throws Failure E_PRUNE_REFUSED (exit code 20) when a tree cannot be read: what it needs is not known, so nothing may go
 */
export async function neededBlobs(reader: BlobReader, roots: readonly Id[], signal?: AbortSignal): Promise<Set<string>> {
  const needed = new Set<string>();
  let level = [...new Set(roots)];
  while (level.length > 0) {
    for (const id of level) needed.add(`tree ${id}`);
    const below = new Set<Id>();
    await mapConcurrently(level, treesAtOnce, async (id) => {
      signal?.throwIfAborted();
      const nodes = await readTree(reader, id, signal);
      if (nodes instanceof Error) throw refused(`tree ${shortened(id)} cannot be read`, nodes);
      for (const { content, subtree } of nodes) {
        for (const blob of content) needed.add(`data ${blob}`);
        if (subtree !== undefined && !needed.has(`tree ${subtree}`)) below.add(subtree);
      }
    });
    level = [...below];
  }
  return needed;
}

export function refused(state: string, cause?: unknown): Failure {
  return new Failure('E_PRUNE_REFUSED', `Cannot prune: ${state}, so it is not known what is needed`, {
    cause,
    exitCode: exitCodes.verificationFailed,
    hint: 'run "rootcellar verify" to learn which snapshots suffer, and forget those that cannot be saved',
  });
}

import { messageOf } from '../../foundation/failure.ts';
import type { Id } from '../format/hex-id.ts';
import type { CheckOptions } from '../pack-checks.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { findLostBlobs } from '../verify-snapshot.ts';
import { walkTree, type TreeEntry } from '../walk-tree.ts';

export interface ExaminedSnapshot {
  /** What can be had, folders too. */
  readonly entries: readonly TreeEntry[];
  /** Files some of whose content is nowhere, and folders that cannot be read; the path of the root is empty. */
  readonly lost: readonly { readonly path: string; readonly finding: string }[];
}

/** What of a tree can still be had. Without a pipeline a blob is believed to be whole in a pack of the right length, and read where a pack is not so. */
export async function examineSnapshot(core: RepositoryCore, root: Id, options: CheckOptions): Promise<ExaminedSnapshot> {
  const reader = await core.reader(options.signal);
  const { blobs } = await core.loadedIndex(options.signal);
  const tree = await walkTree(reader, root, options.signal);
  const lostBlobs = new Map<Id, string>();
  const sources = { index: blobs, checks: await core.packChecks(options.signal), reader };
  for (const lost of await findLostBlobs(tree, sources, options)) if (lost.type === 'data') lostBlobs.set(lost.id, lost.finding);
  const lost = tree.unreadable.map(({ path, reason }) => ({ path, finding: `cannot be read: ${messageOf(reason)}` }));
  const entries: TreeEntry[] = [];
  for (const entry of tree.entries) {
    const missing = entry.node.content.find((id) => lostBlobs.has(id));
    if (missing === undefined) entries.push(entry);
    else lost.push({ path: entry.path, finding: lostBlobs.get(missing) ?? '' });
  }
  return { entries, lost };
}

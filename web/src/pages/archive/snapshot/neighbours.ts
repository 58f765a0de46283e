import type { ListedSnapshot } from '../../../api/snapshots.ts';

/** The snapshots of the same server right before and right after one; `all` are the newest first. */
export function neighboursOf(
  all: readonly ListedSnapshot[],
  { id, server }: Pick<ListedSnapshot, 'id' | 'server'>,
): { readonly before: ListedSnapshot | undefined; readonly after: ListedSnapshot | undefined } {
  const own = all.filter((one) => one.server === server);
  const at = own.findIndex((one) => one.id === id);
  return at === -1 ? { before: undefined, after: undefined } : { before: own[at + 1], after: own[at - 1] };
}

import type { ListedSnapshot } from '../../api/snapshots.ts';

/**
 * What most would take of a server's snapshots: the newest good one from before the trouble, and the newest of those that is proven to come back.
 *
 * @param lostSince RFC 3339; undefined: the newest of all
 */
export function suggest(
  snapshots: readonly ListedSnapshot[],
  lostSince: string | undefined,
): { readonly proven: ListedSnapshot | undefined; readonly newest: ListedSnapshot | undefined } {
  const before = lostSince === undefined ? Infinity : Date.parse(lostSince);
  const good = snapshots
    .filter(({ state, time }) => state === 'complete' && Date.parse(time) < before)
    .toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time));
  return { newest: good[0], proven: good.find(({ provenAt }) => provenAt !== undefined) };
}

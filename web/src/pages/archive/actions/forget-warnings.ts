import { isLocked, shortId, type ListedSnapshot } from '../../../api/snapshots.ts';

export interface ForgetWarning {
  /** `refused`: it cannot be done so · `warn`: it can, and somebody should know. */
  readonly level: 'refused' | 'warn';
  readonly text: string;
}

/**
 * What has to be said before snapshots are forgotten, the refusals first: what is pinned, locked, the newest good one of its server, or the last proof.
 * `all` has every snapshot of the archive; `now` in milliseconds.
 */
export function warningsBeforeForget(
  all: readonly ListedSnapshot[],
  chosen: readonly ListedSnapshot[],
  now: number,
  timeText: (at: string) => string,
): readonly ForgetWarning[] {
  const ids = new Set(chosen.map(({ id }) => id));
  const newest = (server: string, isWanted: (one: ListedSnapshot) => boolean): ListedSnapshot | undefined =>
    all.filter((one) => one.server === server && isWanted(one)).toSorted((a, b) => (a.time < b.time ? 1 : -1))[0];
  const warnings: ForgetWarning[] = [];
  for (const server of new Set(chosen.map((snapshot) => snapshot.server))) {
    const good = newest(server, ({ state }) => state === 'complete');
    if (good !== undefined && ids.has(good.id))
      warnings.push({ level: 'refused', text: `${shortId(good.id)} is the newest good snapshot of ${server}: make a newer backup first.` });
    const isProven = ({ provenAt, state }: ListedSnapshot): boolean => provenAt !== undefined && state === 'complete';
    const provenLeft = all.some((one) => one.server === server && isProven(one) && !ids.has(one.id));
    const proven = newest(server, isProven);
    if (proven !== undefined && !provenLeft)
      warnings.push({ level: 'warn', text: `Then no snapshot of ${server} is left that is proven to come back.` });
  }
  for (const { id, pinned } of chosen)
    if (pinned !== undefined) warnings.push({ level: 'refused', text: `${shortId(id)} is pinned by ${pinned.by}: unpin it first.` });
  for (const { id, lockedUntil } of chosen)
    if (lockedUntil !== undefined && isLocked({ lockedUntil }, now))
      warnings.push({
        level: 'warn',
        text: `${shortId(id)} is locked until ${timeText(lockedUntil)}: it goes out of sight now, and its space is given back after that.`,
      });
  return warnings.toSorted((a, b) => (a.level === b.level ? 0 : a.level === 'refused' ? -1 : 1));
}

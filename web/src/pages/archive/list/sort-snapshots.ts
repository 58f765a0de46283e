import type { ListedSnapshot } from '../../../api/snapshots.ts';
import { stateRank } from './calendar.ts';

export type SortOrder = 'ascending' | 'descending';

type Sortable = string | number | undefined;

/** By what the table can be sorted; undefined where a snapshot has nothing of it. */
const values = {
  time: ({ time }) => time,
  server: ({ server }) => server,
  id: ({ id }) => id,
  bytes: ({ bytes }) => bytes,
  newBytes: ({ newBytes }) => newBytes,
  entries: ({ entries }) => entries,
  state: ({ state }) => stateRank(state),
  proven: ({ provenAt }) => provenAt,
  pinned: ({ pinned }) => pinned?.at,
  locked: ({ lockedUntil }) => lockedUntil,
} as const satisfies Readonly<Record<string, (snapshot: ListedSnapshot) => Sortable>>;

export type SortKey = keyof typeof values;

export function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(values, text);
}

/** Sorted anew; what has nothing to sort by comes last in either order, and what is alike with the newest first. */
export function sortSnapshots(snapshots: readonly ListedSnapshot[], key: SortKey, order: SortOrder): readonly ListedSnapshot[] {
  const valueOf: (snapshot: ListedSnapshot) => Sortable = values[key];
  const sign = order === 'ascending' ? 1 : -1;
  return snapshots.toSorted((a, b) => {
    const [first, second] = [valueOf(a), valueOf(b)];
    if (first === undefined || second === undefined) {
      if (first !== second) return first === undefined ? 1 : -1;
    } else if (first !== second) return sign * (first < second ? -1 : 1);
    return a.time === b.time ? (a.id < b.id ? -1 : 1) : a.time < b.time ? 1 : -1;
  });
}

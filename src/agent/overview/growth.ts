import type { Snapshot } from '../../domain/snapshot.ts';
import type { RunFacts } from './run-facts.ts';

/** A backup as a point of a curve. */
export interface GrowthPoint {
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly server: string;
  readonly snapshot: string;
  readonly bytes: number;
  readonly newBytes?: number;
  readonly entries?: number;
  readonly milliseconds?: number;
}

/**
 * The snapshots as points, the oldest first, with what runs told of them. Of more than `most` each server keeps its share, evenly spread, with its first and its
 * last; those between are left out, not averaged.
 */
export function growthOf(snapshots: readonly Snapshot[], facts: Pick<RunFacts, 'backup'>, most: number): readonly GrowthPoint[] {
  const sorted = snapshots.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const share = Math.min(1, most / Math.max(1, sorted.length));
  const kept = new Set(
    [...Map.groupBy(sorted, ({ server }) => server).values()].flatMap((own) => spread(own, Math.max(1, Math.floor(own.length * share)))),
  );
  return sorted.filter((snapshot) => kept.has(snapshot)).map((snapshot) => pointOf(snapshot, facts));
}

/** So many of them, the last always, the first where there is more than one. */
function spread<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (count >= items.length) return items;
  if (count === 1) return items.slice(-1);
  const step = (items.length - 1) / (count - 1);
  const places = new Set(Array.from({ length: count }, (_, at) => Math.round(at * step)));
  return items.filter((_, at) => places.has(at));
}

function pointOf({ id, time, server, bytes }: Snapshot, facts: Pick<RunFacts, 'backup'>): GrowthPoint {
  const told = facts.backup(id);
  if (told === undefined) return { time, server, snapshot: id, bytes };
  const { newBytes, entries, milliseconds } = told;
  return { time, server, snapshot: id, bytes, newBytes, ...(entries === undefined ? {} : { entries }), milliseconds };
}

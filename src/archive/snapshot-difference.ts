import { manifestName } from '../domain/manifest.ts';
import type { EntryChange, EntryDifference, SnapshotEntry } from './archive.ts';
import { byPath } from './entry-paths.ts';

/** What is at one path on one side. */
export interface ComparedSide {
  readonly entry: SnapshotEntry;
  /** Two sides of one type hold the same when this is the same. */
  readonly content: string;
  /** Bytes that the other snapshot has nowhere. */
  readonly ownBytes: number;
}

/** What is at one path; undefined on the side that has nothing there. */
export interface ComparedPath {
  readonly path: string;
  readonly before: ComparedSide | undefined;
  readonly after: ComparedSide | undefined;
}

/**
 * Says of each path what became of it, by path. A backup file bears the ID of its backup in its name, so what was removed and what was added are taken
 * for one file when their names differ in that only.
 */
export function describeDifferences(paths: readonly ComparedPath[]): EntryDifference[] {
  const compared = paths.filter(({ path }) => path !== manifestName);
  const [left, right] = [byNameWithoutId(compared, 'before'), byNameWithoutId(compared, 'after')];
  const described: EntryDifference[] = [];
  for (const one of compared) {
    const { before, after } = one;
    const name = withoutIds(one.path);
    const partners = [left.get(name) ?? [], right.get(name) ?? []].map((found) => (found.length === 1 ? found[0] : undefined));
    const isPair = partners[0] !== undefined && partners[1] !== undefined && (before === undefined || after === undefined);
    // A pair is told of where it is now.
    if (isPair && after === undefined) continue;
    described.push(isPair ? differenceOf(partners[0]?.before, after) : differenceOf(before, after));
  }
  return described.sort((a, b) => byPath(a.after ?? a.before ?? rootEntry, b.after ?? b.before ?? rootEntry));
}

const rootEntry = { path: '' };

/** Files that are on this side only, by their paths without backup IDs. */
function byNameWithoutId(paths: readonly ComparedPath[], side: 'before' | 'after'): Map<string, ComparedPath[]> {
  const other = side === 'before' ? 'after' : 'before';
  const own = paths.filter((one) => one[side]?.entry.type === 'file' && one[other] === undefined);
  return Map.groupBy(own, ({ path }) => withoutIds(path));
}

/** The servers name a backup by the moment it began: `20261123104646Z`. */
function withoutIds(path: string): string {
  return path.replaceAll(/\d{14}Z/g, '*');
}

function differenceOf(before: ComparedSide | undefined, after: ComparedSide | undefined): EntryDifference {
  return {
    change: changeOf(before, after),
    before: before?.entry,
    after: after?.entry,
    goneBytes: before?.ownBytes ?? 0,
    newBytes: after?.ownBytes ?? 0,
  };
}

function changeOf(before: ComparedSide | undefined, after: ComparedSide | undefined): EntryChange {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  if (before.entry.type !== after.entry.type) return 'type';
  if (before.content !== after.content) return 'content';
  return before.entry.path === after.entry.path ? 'facts' : 'renamed';
}

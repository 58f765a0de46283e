import type { ContentObject } from '../archive/archive.ts';
import { wrongUsage } from '../foundation/failure.ts';
import { formatBytes, parseBytes } from '../foundation/sizes.ts';

/**
 * Which part of the stored content a verify reads. `group`: the objects of one of so many groups, by the first digits of their names, so that one run for each
 * group reads all of them, whatever is added or removed in between · `share`, `size`: drawn at random.
 */
export type DataSubset =
  | { readonly kind: 'group'; readonly group: number; readonly groups: number }
  | { readonly kind: 'share'; readonly percent: number }
  | { readonly kind: 'size'; readonly bytes: number };

const mostGroups = 65_536;

/**
 * Reads `n/m`, `today/m` (the group whose turn it is on this day, so that a run each day reads all within m days), `X%` or a size.
 *
 * @throws Failure E_USAGE (exit code 2)
 */
export function parseDataSubset(text: string, now: Date): DataSubset {
  const grouped = /^(\d{1,5}|today)\/(\d{1,5})$/.exec(text);
  if (grouped !== null) {
    const [, which = '', of = ''] = grouped;
    const groups = Number(of);
    const group = which === 'today' ? (daysSinceEpoch(now) % groups) + 1 : Number(which);
    if (groups >= 1 && groups <= mostGroups && group >= 1 && group <= groups) return { kind: 'group', group, groups };
  }
  const percent = Number(/^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1]);
  if (percent > 0 && percent <= 100) return { kind: 'share', percent };
  const bytes = /[A-Za-z]$/.test(text) ? parseBytes(text) : undefined;
  if (bytes !== undefined && bytes > 0) return { kind: 'size', bytes };
  throw wrongUsage(
    `Cannot use --read-data-subset: "${text}" is no group such as 3/30 or today/30 (of at most ${mostGroups}), no share such as 5%, and no size such as 10GiB`,
    'write for example --read-data-subset today/30',
  );
}

/** The objects that such a part has: of a share not less than it asks for, of a size not more, but at least one. `random` gives numbers from 0 up to, not including, 1. */
export function chooseSubset(objects: readonly ContentObject[], subset: DataSubset, random: () => number): readonly ContentObject[] {
  switch (subset.kind) {
    case 'group':
      return objects.filter(({ digits }) => groupOf(digits, subset.groups) === subset.group);
    case 'share': {
      const wanted = (subset.percent / 100) * objects.reduce((sum, { bytes }) => sum + bytes, 0);
      return drawn(objects, random, (chosen) => chosen < wanted);
    }
    case 'size':
      return drawn(objects, random, (chosen, next) => chosen + next <= subset.bytes);
  }
}

/** For people: `group 3 of 30`, `5 % at random`, `at most 10.0 GiB at random`. */
export function describeSubset(subset: DataSubset): string {
  switch (subset.kind) {
    case 'group':
      return `group ${subset.group} of ${subset.groups}`;
    case 'share':
      return `${subset.percent} % at random`;
    case 'size':
      return `at most ${formatBytes(subset.bytes)} at random`;
  }
}

/** By the first byte, as restic has it, so that both read the same packs; by two bytes where there are more groups than one can tell apart. */
function groupOf(digits: string, groups: number): number {
  return (Number.parseInt(digits.slice(0, groups <= 256 ? 2 : 4), 16) % groups) + 1;
}

/** Objects in random order for as long as `goesOn` says of the bytes chosen so far, and those of the next; the first in any case, as to read nothing proves nothing. */
function drawn(
  objects: readonly ContentObject[],
  random: () => number,
  goesOn: (chosenBytes: number, nextBytes: number) => boolean,
): readonly ContentObject[] {
  const order = [...objects];
  let sum = 0;
  for (const [at, here] of order.entries()) {
    const from = at + Math.floor(random() * (order.length - at));
    const next = order[from] ?? here;
    order[from] = here;
    order[at] = next;
    if (at > 0 && !goesOn(sum, next.bytes)) return order.slice(0, at);
    sum += next.bytes;
  }
  return order;
}

function daysSinceEpoch(now: Date): number {
  return Math.floor(now.getTime() / 86_400_000);
}

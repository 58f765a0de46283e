import type { Id } from '../format/hex-id.ts';
import type { BlobIndex, BlobPlace } from '../blob-index.ts';
import type { Mark } from './marks.ts';

export interface PackFacts {
  readonly id: Id;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface RepositoryState {
  readonly index: BlobIndex;
  /** Blobs that snapshots reach: `data <id>`, `tree <id>`. */
  readonly needed: ReadonlySet<string>;
  /** All that lie in the store. */
  readonly packs: readonly PackFacts[];
  readonly marks: readonly Mark[];
}

export interface RepositoryPrunePlan {
  /** Marked before the grace period, and still not needed: these go now. */
  readonly removable: readonly PackFacts[];
  /** Of those that go, the ones that no mark names: of a writer that was killed. */
  readonly unmarked: readonly Id[];
  /** Not needed, and to be marked. */
  readonly unneeded: readonly PackFacts[];
  /** Mostly not needed: what is, is copied into new packs, then they are marked. */
  readonly wasteful: readonly { readonly pack: PackFacts; readonly kept: readonly BlobPlace[] }[];
  /** Marked, and still inside the grace period. */
  readonly waiting: readonly PackFacts[];
  /** In an index, and not listed in the store: what a writer left that was frozen for long. */
  readonly missing: readonly Id[];
  /** Marks all of whose packs have been gone for a grace period, those that name one which is needed again, and those that cannot be read. */
  readonly spentMarks: readonly string[];
}

/** A pack is copied when less than this share of it is needed. */
const keptShare = 0.5;

/** Decides what becomes of each pack. Changes nothing, and asks nobody. */
export function planRepositoryPrune(state: RepositoryState, now: Date, graceMilliseconds: number): RepositoryPrunePlan {
  const allMarked = new Set(state.marks.flatMap(({ packs }) => packs));
  const { kept, spared } = keptPlaces(state, allMarked);
  // A mark of a pack that is needed again is dropped, and the others in it are marked anew: writers may build on that pack from now on.
  const good = state.marks.filter(({ packs }) => !packs.some((id) => kept.has(id)));
  const markedAt = earliestMarks(state.marks);
  const isWellMarked = new Set(good.flatMap(({ packs }) => packs));
  const isOld = (moment: Date): boolean => now.getTime() - moment.getTime() >= graceMilliseconds;
  const plan = { removable: [] as PackFacts[], unneeded: [] as PackFacts[], waiting: [] as PackFacts[] };
  const wasteful: { pack: PackFacts; kept: readonly BlobPlace[] }[] = [];
  for (const pack of state.packs) {
    const places = kept.get(pack.id) ?? [];
    const usedBytes = places.reduce((sum, { length }) => sum + length, 0);
    const isIndexed = state.index.hasPack(pack.id);
    // A pack in no index is of a writer that was killed, or is still under way: as if marked when it was written.
    const since = markedAt.get(pack.id) ?? (isIndexed ? undefined : pack.modifiedAt);
    if (places.length > 0) {
      if (usedBytes < keptShare * pack.bytes) wasteful.push({ pack, kept: places });
    } else if (since !== undefined && isOld(since) && !spared.has(pack.id)) plan.removable.push(pack);
    else if (isWellMarked.has(pack.id) || !isIndexed) plan.waiting.push(pack);
    else plan.unneeded.push(pack);
  }
  const alive = new Set([...plan.removable, ...plan.waiting].map(({ id }) => id));
  // A prune that was frozen may still remove what it planned to: until then nobody shall write a pack of that name again, as a copy would.
  // One that cannot be read keeps nobody from anything.
  const isSpent = (mark: Mark): boolean => mark.isUnreadable || (isOld(mark.markedAt) && !mark.packs.some((id) => alive.has(id)));
  const spentMarks = state.marks.filter((mark) => !good.includes(mark) || isSpent(mark)).map(({ key }) => key);
  const unmarked = plan.removable.flatMap(({ id }) => (allMarked.has(id) ? [] : [id]));
  const present = new Set(state.packs.map(({ id }) => id));
  const missing = state.index.packIds.filter((id) => !present.has(id));
  return { ...plan, unmarked, wasteful, missing, spentMarks };
}

function earliestMarks(marks: readonly Mark[]): ReadonlyMap<Id, Date> {
  const earliest = new Map<Id, Date>();
  for (const { packs, markedAt } of marks) {
    for (const id of packs) if (markedAt.getTime() < (earliest.get(id)?.getTime() ?? Infinity)) earliest.set(id, markedAt);
  }
  return earliest;
}

/**
 * For each needed blob one of its places: in the pack that is used best, and rather not in a marked one. Where all its packs are marked none of them goes now:
 * were another prune under way beside this one, it might have chosen another to stay.
 */
function keptPlaces(
  { index, needed, packs }: RepositoryState,
  marked: ReadonlySet<Id>,
): { readonly kept: ReadonlyMap<Id, readonly BlobPlace[]>; readonly spared: ReadonlySet<Id> } {
  const bytes = new Map(packs.map((pack) => [pack.id, pack.bytes]));
  const used = new Map<Id, number>();
  for (const place of index.places()) {
    if (needed.has(`${place.type} ${place.id}`)) used.set(place.packId, (used.get(place.packId) ?? 0) + place.length);
  }
  const worth = ({ packId }: BlobPlace): number => {
    const size = bytes.get(packId);
    return size === undefined ? -2 : (used.get(packId) ?? 0) / size - (marked.has(packId) ? 2 : 0);
  };
  const kept = new Map<Id, BlobPlace[]>();
  const spared = new Set<Id>();
  for (const key of needed) {
    const [type = '', id = ''] = key.split(' ');
    const places = index.findAll(type === 'tree' ? 'tree' : 'data', id);
    const [first, ...others] = places;
    if (first === undefined) continue;
    const best = others.reduce((a, b) => (worth(b) > worth(a) ? b : a), first);
    const list = kept.get(best.packId) ?? [];
    list.push(best);
    kept.set(best.packId, list);
    if (marked.has(best.packId)) for (const { packId } of places) spared.add(packId);
  }
  return { kept, spared };
}

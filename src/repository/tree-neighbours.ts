import type { BlobIndex, BlobPlace } from './blob-index.ts';
import type { Id } from './format/hex-id.ts';

/** What lies close to a tree is read along where all of it takes no more than this: a request costs about as much as these bytes. */
const mostBytes = 512 * 1024;

/** Which trees lie beside each other in a pack: those of one snapshot do, and who needs one of them mostly needs all. */
export class TreeNeighbours {
  readonly #index: BlobIndex;
  #byPack: ReadonlyMap<Id, readonly BlobPlace[]> | undefined;

  constructor(index: BlobIndex) {
    this.#index = index;
  }

  /** The trees around this one and itself, in the order of their places, without a gap between them. */
  around(place: BlobPlace): readonly BlobPlace[] {
    this.#byPack ??= Map.groupBy(this.#trees(), ({ packId }) => packId);
    const run: BlobPlace[] = [];
    let isBehind = false;
    for (const tree of (this.#byPack.get(place.packId) ?? []).toSorted((a, b) => a.offset - b.offset)) {
      const last = run.at(-1);
      const isNext = last !== undefined && last.offset + last.length === tree.offset;
      const isLong = tree.offset + tree.length - (run[0]?.offset ?? tree.offset) > mostBytes;
      if (!isNext || isLong) {
        if (isBehind) break;
        run.length = 0;
      }
      run.push(tree);
      isBehind ||= tree.offset === place.offset;
    }
    return isBehind ? run : [place];
  }

  *#trees(): Generator<BlobPlace> {
    for (const place of this.#index.places()) if (place.type === 'tree') yield place;
  }
}

import type { SnapshotContents } from './foreign-snapshot.ts';

/** So many are kept however much they hold. */
const leastKept = 8;
const mostKept = 256;
/** In all of those beyond: what a snapshot holds takes a hundred bytes for each of its blobs. */
const mostBlobs = 400_000;

/** What snapshots hold, each read once while it is asked for now and then: the history of an entry asks all of a server for a little. */
export class KeptContents {
  /** The one that was asked for longest ago first. */
  readonly #kept = new Map<string, { readonly contents: Promise<SnapshotContents>; blobs: number }>();
  #blobs = 0;

  get(id: string, read: () => Promise<SnapshotContents>): Promise<SnapshotContents> {
    const known = this.#kept.get(id);
    if (known !== undefined) {
      this.#kept.delete(id);
      this.#kept.set(id, known);
      return known.contents;
    }
    const kept = { contents: read(), blobs: 0 };
    this.#kept.set(id, kept);
    kept.contents.then(
      ({ files }) => {
        if (this.#kept.get(id) !== kept) return;
        kept.blobs = [...files.values()].reduce((sum, { node }) => sum + node.content.length, 0);
        this.#blobs += kept.blobs;
        this.#makeRoom();
      },
      () => this.#drop(id),
    );
    return kept.contents;
  }

  #makeRoom(): void {
    for (const oldest of this.#kept.keys()) {
      const isRoom = this.#kept.size <= leastKept || (this.#kept.size <= mostKept && this.#blobs <= mostBlobs);
      if (isRoom) return;
      this.#drop(oldest);
    }
  }

  #drop(id: string): void {
    this.#blobs -= this.#kept.get(id)?.blobs ?? 0;
    this.#kept.delete(id);
  }
}

/** Who needs a blob: nobody, just the snapshot of this number, several of the chosen ones, several of the others, or some of both. */
export type Owner = undefined | number | 'chosen' | 'others' | 'both';

/**
 * Who needs each blob, in four bytes a blob, whatever the number of snapshots. That is all one must know to say what would be given back if one
 * snapshot, or all that are chosen, were forgotten.
 */
export class Owners {
  readonly #labels: Uint32Array;
  readonly #isChosen: readonly boolean[];
  /** Of a blob that several need. Below: 0 is nobody, and 1 to the number of snapshots is that one. */
  readonly #several: Readonly<Record<'chosen' | 'others' | 'both', number>>;

  /** `isChosen` has an element for each snapshot; blobs and snapshots are told by their numbers from 0. */
  constructor(blobs: number, isChosen: readonly boolean[]) {
    const snapshots = isChosen.length;
    this.#labels = new Uint32Array(blobs);
    this.#isChosen = isChosen;
    this.#several = { chosen: snapshots + 1, others: snapshots + 2, both: snapshots + 3 };
  }

  /** The label of a snapshot, for {@link add}. */
  labelOf(snapshot: number): number {
    return snapshot + 1;
  }

  /**
   * Says that whoever `label` stands for needs the blob. Returns the label of all that need it now, or undefined where that is as it was: then
   * what lies below the blob needs no second look. A blob's label changes at most three times.
   */
  add(blob: number, label: number): number | undefined {
    const before = this.#labels[blob] ?? 0;
    const now = this.#join(before, label);
    if (now === before) return undefined;
    this.#labels[blob] = now;
    return now;
  }

  ownerOf(blob: number): Owner {
    const label = this.#labels[blob] ?? 0;
    if (label === 0) return undefined;
    return label <= this.#isChosen.length ? label - 1 : this.#kindOf(label);
  }

  #join(a: number, b: number): number {
    if (a === 0 || a === b) return b;
    if (b === 0) return a;
    const [left, right] = [this.#kindOf(a), this.#kindOf(b)];
    return this.#several[left === right ? left : 'both'];
  }

  #kindOf(label: number): 'chosen' | 'others' | 'both' {
    if (label === this.#several.both) return 'both';
    return label === this.#several.chosen || this.#isChosen[label - 1] === true ? 'chosen' : 'others';
  }
}

/** What a table says of one entry: nothing · not looked up yet · looked up. */
const [free, fresh, seen] = [0, 1, 2];

/** One entry, as the table keeps it. */
export interface TabledEntry {
  /** The first bytes of the SHA-256 of its DN in comparable form. */
  readonly key: Buffer;
  readonly digest: Buffer;
  /** Seconds since 1970 of its last change; 0 where it does not tell. */
  readonly touched: number;
}

/**
 * Entries by their DNs in about 40 bytes each, so that millions can be compared. DNs and digests are kept by their first eight bytes: of two million entries
 * two have the same with a probability below one in a million.
 */
export class EntryTable {
  readonly #slots: number;
  readonly #keys: BigUint64Array;
  readonly #digests: BigUint64Array;
  readonly #touched: Uint32Array;
  readonly #states: Uint8Array;
  #entries = 0;

  /** @param capacity How many entries it will hold at most. */
  constructor(capacity: number) {
    this.#slots = 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 1.5)));
    this.#keys = new BigUint64Array(this.#slots);
    this.#digests = new BigUint64Array(this.#slots);
    this.#touched = new Uint32Array(this.#slots);
    this.#states = new Uint8Array(this.#slots);
  }

  /** Returns false where there is no place left. */
  add(entry: TabledEntry): boolean {
    if (this.#entries >= this.#slots - 1) return false;
    const slot = this.#slotOf(entry.key);
    this.#keys[slot] = entry.key.readBigUInt64LE(0);
    this.#digests[slot] = entry.digest.readBigUInt64LE(0);
    this.#touched[slot] = entry.touched;
    if (this.#states[slot] === free) this.#entries += 1;
    this.#states[slot] = fresh;
    return true;
  }

  /** Compares an entry with the one of its DN, which is seen from then on. */
  look(entry: TabledEntry): { readonly found: 'absent' } | { readonly found: 'equal' | 'different'; readonly touched: number } {
    const slot = this.#slotOf(entry.key);
    if (this.#states[slot] === free) return { found: 'absent' };
    this.#states[slot] = seen;
    const isEqual = this.#digests[slot] === entry.digest.readBigUInt64LE(0);
    return { found: isEqual ? 'equal' : 'different', touched: this.#touched[slot] ?? 0 };
  }

  /** Whether the entry is here and was not looked up. */
  isUnseen(key: Buffer): boolean {
    return this.#states[this.#slotOf(key)] === fresh;
  }

  get unseen(): number {
    return this.#states.reduce((sum, state) => sum + (state === fresh ? 1 : 0), 0);
  }

  #slotOf(key: Buffer): number {
    const wanted = key.readBigUInt64LE(0);
    let slot = key.readUInt32LE(0) & (this.#slots - 1);
    while (this.#states[slot] !== free && this.#keys[slot] !== wanted) slot = (slot + 1) & (this.#slots - 1);
    return slot;
  }
}

/** Numbers that look random, the same for the same seed (xorshift); as fast as millions of inputs need it. */
export class Random {
  #state: number;

  constructor(seed: number, salt = 0) {
    let hash = Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(salt + 0x51ed_270b, 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    this.#state = (hash ^ (hash >>> 16)) >>> 0 || 1;
  }

  /** From 0 up to, without, `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  isOneOf(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<Item>(list: readonly Item[]): Item {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** So many of them that small numbers are the most frequent, at most `limit`. */
  few(limit: number): number {
    return this.below(1 + this.below(limit + 1));
  }

  /** Characters of the alphabet, up to so many. */
  text(alphabet: string, limit: number): string {
    let text = '';
    for (let count = this.few(limit); count > 0; count -= 1) text += alphabet.charAt(this.below(alphabet.length));
    return text;
  }
}

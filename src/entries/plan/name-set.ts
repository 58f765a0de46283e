import { hash } from 'node:crypto';

/** A set of DNs in normal form that takes eight bytes for each: by 52 bits of their hashes. One of ten million others is taken to be in it by a chance of one in 400 million. */
export class NameSet {
  #keys = new Float64Array(1024);
  #length = 0;
  #isSorted = true;

  add(normal: string): void {
    if (this.#length === this.#keys.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#keys);
      this.#keys = larger;
    }
    this.#keys[this.#length] = keyOf(normal);
    this.#length += 1;
    this.#isSorted = false;
  }

  has(normal: string): boolean {
    if (!this.#isSorted) this.#keys.subarray(0, this.#length).sort();
    this.#isSorted = true;
    const key = keyOf(normal);
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low < this.#length && this.#keys[low] === key;
  }
}

function keyOf(normal: string): number {
  const digest = hash('sha256', normal, 'buffer');
  return digest.readUIntBE(0, 6) * 16 + ((digest[6] ?? 0) & 15);
}

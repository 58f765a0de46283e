/** As many records as there is room for: 2 GiB. What is not used of that takes addresses and no memory. */
const mostRecords = 2 ** 28;
const recordBytes = 8;

/**
 * Records of two numbers of 32 bits that grow in their place, and are sorted by key and then by value in the end: 8 bytes each. A record is one number of 64 bits with the key in
 * its high half, so that Node sorts them by itself; every platform that it runs on and that we support has the low half first.
 */
export class GrowingTable {
  length = 0;
  readonly #buffer = new ArrayBuffer(0, { maxByteLength: mostRecords * recordBytes });
  #words = new Uint32Array(0);

  add(key: number, value: number): void {
    const at = 2 * this.length;
    if (at >= this.#words.length) this.#grow();
    this.#words[at] = value;
    this.#words[at + 1] = key;
    this.length += 1;
  }

  /** The keys, in the order in which they were added; before they are sorted. */
  keys(): Uint32Array {
    const keys = new Uint32Array(this.length);
    for (let record = 0; record < this.length; record += 1) keys[record] = this.#words[2 * record + 1] ?? 0;
    return keys;
  }

  /** Each value is a place in `values`, and what is there takes its place. */
  replaceValues(values: Uint32Array): void {
    for (let at = 0; at < 2 * this.length; at += 2) this.#words[at] = values[this.#words[at] ?? 0] ?? 0;
  }

  /** As the file has them: little-endian, value and key. The same memory. */
  sorted(): Buffer {
    new BigUint64Array(this.#buffer, 0, this.length).sort();
    return Buffer.from(this.#buffer, 0, this.length * recordBytes);
  }

  #grow(): void {
    if (this.length >= mostRecords) throw new Error(`more than ${mostRecords} records`);
    const records = Math.min(mostRecords, Math.max(1024, Math.ceil(this.length * 1.25)));
    this.#buffer.resize(records * recordBytes);
    this.#words = new Uint32Array(this.#buffer, 0, 2 * records);
  }
}

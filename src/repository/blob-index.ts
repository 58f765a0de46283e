import { contentLength, storedLength } from './format/blob-lengths.ts';
import type { Id } from './format/hex-id.ts';
import type { IndexedPack } from './format/index-file.ts';
import type { BlobType, PackedBlob } from './format/pack-header.ts';

export interface BlobPlace extends PackedBlob {
  readonly packId: Id;
}

const idBytes = 32;
const columns = 5;

/**
 * Where every blob lies, in about 60 bytes each: an open-addressed table over rows of numbers, as a map of objects would take five
 * times that. IDs are hashes and so serve as their own hash.
 */
export class BlobIndex {
  #ids = Buffer.alloc(1024 * idBytes);
  /** Per row: pack, offset, length, raw length, type. */
  #rows = new Uint32Array(1024 * columns);
  #slots = new Uint32Array(4096);
  #count = 0;
  readonly #packs: Id[] = [];
  /** Per pack the row of its first blob; its rows end where those of the next one begin. */
  readonly #firstRows: number[] = [];
  /** Per pack those of its blobs whose row names another pack. */
  readonly #elsewhere = new Map<Id, BlobPlace[]>();
  readonly #packNumbers = new Map<Id, number>();
  /** Further places of a blob, by row. */
  readonly #others = new Map<number, BlobPlace[]>();
  readonly #sought = Buffer.alloc(idBytes);

  get size(): number {
    return this.#count;
  }

  get packIds(): readonly Id[] {
    return this.#packs;
  }

  hasPack(id: Id): boolean {
    return this.#packNumbers.has(id);
  }

  /** Adds the blobs of a pack; one that is known keeps its first place and gets this as another. A pack that is known is passed over. */
  addPack({ id, blobs }: IndexedPack): void {
    if (this.#packNumbers.has(id)) return;
    const number = this.#packs.push(id) - 1;
    this.#firstRows.push(this.#count);
    this.#packNumbers.set(id, number);
    for (const blob of blobs) this.#add(blob, number);
  }

  has(type: BlobType, id: Id): boolean {
    return this.numberOf(type, id) !== undefined;
  }

  find(type: BlobType, id: Id): BlobPlace | undefined {
    const row = this.numberOf(type, id);
    return row === undefined ? undefined : this.#placeOf(row);
  }

  /** All places of a blob: any will do. */
  findAll(type: BlobType, id: Id): readonly BlobPlace[] {
    const row = this.numberOf(type, id);
    return row === undefined ? [] : [this.#placeOf(row), ...(this.#others.get(row) ?? [])];
  }

  /** A number of the blob's own, from 0 to below {@link size}, by which to keep something of each blob in a plain array. */
  numberOf(type: BlobType, id: Id): number | undefined {
    this.#sought.write(id, 'hex');
    const kind = type === 'tree' ? 1 : 0;
    const mask = this.#slots.length - 1;
    for (let slot = this.#sought.readUInt32LE() & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return undefined;
      const isSame = this.#ids.compare(this.#sought, 0, idBytes, row * idBytes, (row + 1) * idBytes) === 0;
      if (isSame && this.#rows[row * columns + 4] === kind) return row;
    }
  }

  /** Of the blob with this number: the bytes of its content, and where its first place is, the pack and the bytes that it takes there. */
  sizeAt(number: number): { readonly type: BlobType; readonly bytes: number; readonly packId: Id; readonly storedBytes: number } {
    const at = number * columns;
    const lengths = { length: this.#rows[at + 2] ?? 0, rawLength: this.#rows[at + 3] ?? 0 };
    return {
      type: this.#rows[at + 4] === 1 ? 'tree' : 'data',
      bytes: contentLength(lengths),
      packId: this.#packs[this.#rows[at] ?? 0] ?? '',
      storedBytes: storedLength(lengths),
    };
  }

  /** Every place of every blob. */
  *places(): Generator<BlobPlace> {
    for (let row = 0; row < this.#count; row += 1) {
      yield this.#placeOf(row);
      yield* this.#others.get(row) ?? [];
    }
  }

  /** The blobs of one pack, in no order. */
  placesIn(id: Id): readonly BlobPlace[] {
    const number = this.#packNumbers.get(id);
    if (number === undefined) return [];
    const [first = 0, end = this.#count] = this.#firstRows.slice(number, number + 2);
    const own = Array.from({ length: end - first }, (_, index) => this.#placeOf(first + index));
    return [...own, ...(this.#elsewhere.get(id) ?? [])];
  }

  #add(blob: PackedBlob, pack: number): void {
    const known = this.numberOf(blob.type, blob.id);
    if (known !== undefined) {
      const others = this.#others.get(known) ?? [];
      const place = { ...blob, packId: this.#packs[pack] ?? '' };
      others.push(place);
      this.#others.set(known, others);
      const elsewhere = this.#elsewhere.get(place.packId) ?? [];
      elsewhere.push(place);
      this.#elsewhere.set(place.packId, elsewhere);
      return;
    }
    if ((this.#count + 1) * columns > this.#rows.length) this.#grow();
    const row = this.#count++;
    this.#ids.write(blob.id, row * idBytes, 'hex');
    this.#rows.set([pack, blob.offset, blob.length, blob.rawLength, blob.type === 'tree' ? 1 : 0], row * columns);
    this.#slots[this.#freeSlot(row)] = row + 1;
  }

  #freeSlot(row: number): number {
    const mask = this.#slots.length - 1;
    let slot = this.#ids.readUInt32LE(row * idBytes) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const ids = Buffer.alloc(this.#ids.length * 2);
    this.#ids.copy(ids);
    this.#ids = ids;
    const rows = new Uint32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let row = 0; row < this.#count; row += 1) this.#slots[this.#freeSlot(row)] = row + 1;
  }

  #placeOf(row: number): BlobPlace {
    const at = row * columns;
    const [pack = 0, offset = 0, length = 0, rawLength = 0, kind = 0] = this.#rows.subarray(at, at + columns);
    const id = this.#ids.toString('hex', row * idBytes, (row + 1) * idBytes);
    return { id, type: kind === 1 ? 'tree' : 'data', offset, length, rawLength, packId: this.#packs[pack] ?? '' };
  }
}

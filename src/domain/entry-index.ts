import type { ByteRange } from '../foundation/byte-ranges.ts';
import { BlockTable, type Block } from './block-table.ts';
import { EntryIndexBuilder } from './entry-index-builder.ts';
import {
  blockBytes,
  blockHashBytes,
  blockPageBytes,
  blocksInPage,
  checkedHeaderBytes,
  formatVersion,
  headerBytes,
  headerCheck,
  headerCheckBytes,
  indexBytesOf,
  indexDamaged,
  keyedPageBytes,
  keyedTables,
  keyOf,
  magic,
  pageCheck,
  recordBytes,
  recordsInPage,
  recordsOf,
  directoryBytesOf,
  type EntryIndexSizes,
  type KeyedTable,
} from './entry-index-format.ts';
import { normalUuid } from './entry-uuid.ts';
import { readLdifBatches, type LdifOptions } from './read-ldif.ts';

export type { Block, BlockTable };

export type ReadRange = (range: ByteRange) => Promise<Uint8Array>;

/** Header and directory come by one read where the export has up to two million entries. */
const firstReadBytes = 64 * 1024;
/** Pages that are kept for the next question: about 2 MiB. */
const pagesKept = 256;

/**
 * Where in an export an entry lies, read by ranges: one entry takes four small reads besides that of the directory, however many there are. What is found
 * is the block that may have it: keys are of 32 bits, so that another entry may have the same.
 *
 * Each method @throws Failure E_ENTRY_INDEX_DAMAGED (exit code 20) for what is not as it was written.
 */
export class EntryIndex {
  readonly #read: ReadRange;
  readonly #name: string;
  readonly #sizes: EntryIndexSizes;
  readonly #directory: Buffer;
  readonly #pages = new Map<string, Promise<Buffer>>();
  #table: Promise<BlockTable> | undefined;

  private constructor(
    read: ReadRange,
    name: string,
    { sizes, directory }: { readonly sizes: EntryIndexSizes; readonly directory: Buffer },
  ) {
    this.#read = read;
    this.#name = name;
    this.#sizes = sizes;
    this.#directory = directory;
  }

  /** Reads header and directory of an index of so many bytes. `name` is for the sentence of a failure. */
  static async open(read: ReadRange, bytes: number, name = 'of the export'): Promise<EntryIndex> {
    if (bytes < headerBytes) throw indexDamaged(name, `it has ${bytes} bytes, which is less than its header`);
    const first = asBuffer(await read({ at: 0, bytes: Math.min(bytes, firstReadBytes) }));
    const sizes = sizesOf(first, name);
    if (indexBytesOf(sizes) !== bytes) throw indexDamaged(name, `it has ${bytes} bytes and says that it has ${indexBytesOf(sizes)}`);
    const end = headerBytes + directoryBytesOf(sizes);
    const rest = end > first.length ? [await read({ at: first.length, bytes: end - first.length })] : [];
    const directory = Buffer.concat([first, ...rest]).subarray(headerBytes, end);
    const check = first.subarray(checkedHeaderBytes, checkedHeaderBytes + headerCheckBytes);
    if (!headerCheck(first, directory).equals(check)) throw indexDamaged(name, 'its directory is not as it was written');
    return new EntryIndex(read, name, { sizes, directory });
  }

  get entries(): number {
    return this.#sizes.entries;
  }

  get blockCount(): number {
    return this.#sizes.blocks;
  }

  /** Of the export. */
  get exportBytes(): number {
    return this.#sizes.exportBytes;
  }

  /** The blocks that may have the entry of this normal DN, in the order of the file. */
  findName(normalDn: string): Promise<readonly Block[]> {
    return this.#find('names', keyOf(normalDn));
  }

  findUuid(uuid: string): Promise<readonly Block[]> {
    return this.#find('uuids', keyOf(normalUuid(uuid)));
  }

  /** The whole table of blocks: 20 bytes each. It is read once. */
  blocks(): Promise<BlockTable> {
    if (this.#table === undefined) {
      const reading = this.#readBlocks();
      // What failed once may be tried again.
      reading.catch(() => {
        this.#table = undefined;
      });
      this.#table = reading;
    }
    return this.#table;
  }

  async #find(table: KeyedTable, key: number): Promise<readonly Block[]> {
    const labels = new Set(await this.#valuesOf(table, key));
    const numbers = new Set((await Promise.all([...labels].map((label) => this.#valuesOf('labels', label)))).flat());
    return Promise.all([...numbers].toSorted((a, b) => a - b).map((number) => this.#blockAt(number)));
  }

  /** The values of all records of a key. */
  async #valuesOf(table: KeyedTable, key: number): Promise<readonly number[]> {
    const directory = this.#directoryOf(table);
    const pages = directory.length / keyedPageBytes;
    const firstKey = (page: number): number => directory.readUInt32LE(page * keyedPageBytes);
    const values: number[] = [];
    // A key's records may begin in the page before the first that begins with it.
    const from = Math.max(0, firstPage(pages, (page) => firstKey(page) >= key) - 1);
    for (let number = from; number < pages && firstKey(number) <= key; number += 1) {
      const page = await this.#keyedPage(table, number);
      const records = page.length / recordBytes;
      const keyAt = (record: number): number => page.readUInt32LE(record * recordBytes + 4);
      for (let record = firstPage(records, (one) => keyAt(one) >= key); record < records && keyAt(record) === key; record += 1) {
        values.push(page.readUInt32LE(record * recordBytes));
      }
    }
    return values;
  }

  async #blockAt(number: number): Promise<Block> {
    if (number >= this.#sizes.blocks) throw indexDamaged(this.#name, `it names block ${number} of ${this.#sizes.blocks}`);
    if (this.#table !== undefined) return (await this.#table).block(number);
    const page = Math.floor(number / blocksInPage);
    const directory = this.#directoryOf('blocks');
    const bytes = await this.#page('blocks', page, directory.readUInt32LE(page * blockPageBytes + 8));
    let at = Number(directory.readBigUInt64LE(page * blockPageBytes));
    const place = number % blocksInPage;
    for (let before = 0; before < place; before += 1) at += bytes.readUInt32LE(before * blockBytes);
    const hash = bytes.subarray(place * blockBytes + 4, place * blockBytes + 4 + blockHashBytes);
    return { number, at, bytes: bytes.readUInt32LE(place * blockBytes), hash };
  }

  async #readBlocks(): Promise<BlockTable> {
    const { blocks, exportBytes } = this.#sizes;
    if (blocks === 0) return new BlockTable(Buffer.alloc(0));
    const bytes = asBuffer(await this.#read({ at: this.#placeOf('blocks'), bytes: blocks * blockBytes }));
    const directory = this.#directoryOf('blocks');
    for (let page = 0; page * blocksInPage < blocks; page += 1) {
      const part = bytes.subarray(page * blocksInPage * blockBytes, (page + 1) * blocksInPage * blockBytes);
      this.#assertCheck(part, directory.readUInt32LE(page * blockPageBytes + 8));
    }
    const table = new BlockTable(bytes);
    if (table.totalBytes !== exportBytes)
      throw indexDamaged(this.#name, `its blocks have ${table.totalBytes} bytes and the export has ${exportBytes}`);
    return table;
  }

  #keyedPage(table: KeyedTable, page: number): Promise<Buffer> {
    return this.#page(table, page, this.#directoryOf(table).readUInt32LE(page * keyedPageBytes + 4));
  }

  #page(table: KeyedTable | 'blocks', page: number, check: number): Promise<Buffer> {
    const name = `${table} ${page}`;
    const known = this.#pages.get(name);
    if (known !== undefined) return known;
    const reading = this.#readPage(table, page, check);
    reading.catch(() => this.#pages.delete(name));
    this.#pages.set(name, reading);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > pagesKept && oldest !== undefined) this.#pages.delete(oldest);
    return reading;
  }

  async #readPage(table: KeyedTable | 'blocks', page: number, check: number): Promise<Buffer> {
    const isBlocks = table === 'blocks';
    const all = isBlocks ? this.#sizes.blocks * blockBytes : recordsOf(table, this.#sizes) * recordBytes;
    const most = isBlocks ? blocksInPage * blockBytes : recordsInPage * recordBytes;
    const range = { at: this.#placeOf(table) + page * most, bytes: Math.min(most, all - page * most) };
    const bytes = asBuffer(await this.#read(range));
    this.#assertCheck(bytes, check);
    return bytes;
  }

  #assertCheck(page: Uint8Array, check: number): void {
    if (pageCheck(page) !== check) throw indexDamaged(this.#name, 'a page of it is not as it was written');
  }

  #placeOf(table: KeyedTable | 'blocks'): number {
    let at = headerBytes + this.#directory.length;
    for (const before of keyedTables) {
      if (before === table) return at;
      at += recordsOf(before, this.#sizes) * recordBytes;
    }
    return at;
  }

  #directoryOf(table: KeyedTable | 'blocks'): Buffer {
    let at = 0;
    for (const one of keyedTables) {
      const end = at + Math.ceil(recordsOf(one, this.#sizes) / recordsInPage) * keyedPageBytes;
      if (one === table) return this.#directory.subarray(at, end);
      at = end;
    }
    return this.#directory.subarray(at);
  }
}

/** The index of an export that has none beside it, in memory: about 23 bytes an entry. @throws Failure E_LDIF_INVALID (exit code 20) */
export async function buildEntryIndex(source: AsyncIterable<Uint8Array>, options: LdifOptions): Promise<EntryIndex> {
  const builder = new EntryIndexBuilder();
  for await (const batch of readLdifBatches(source, options)) builder.take(batch);
  return entryIndexOf(builder.finish(), options.name);
}

/** One that lies in memory, in pieces. */
export function entryIndexOf(pieces: readonly Uint8Array[], name?: string): Promise<EntryIndex> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return EntryIndex.open((range) => Promise.resolve(cutOut(pieces, range)), bytes, name);
}

function cutOut(pieces: readonly Uint8Array[], { at, bytes }: ByteRange): Uint8Array {
  const parts: Uint8Array[] = [];
  let begin = 0;
  for (const piece of pieces) {
    parts.push(piece.subarray(Math.max(0, at - begin), Math.max(0, at + bytes - begin)));
    begin += piece.length;
  }
  return Buffer.concat(parts);
}

function sizesOf(header: Buffer, name: string): EntryIndexSizes {
  if (header.toString('latin1', 0, magic.length) !== magic) throw indexDamaged(name, 'it does not begin as one does');
  const version = header.readUInt32LE(8);
  if (version !== formatVersion) throw indexDamaged(name, `it is of version ${version}, and this program reads version ${formatVersion}`);
  return {
    exportBytes: Number(header.readBigUInt64LE(16)),
    entries: header.readUInt32LE(24),
    uuids: header.readUInt32LE(28),
    blocks: header.readUInt32LE(32),
  };
}

/** The first number below `count` for which it holds, where it holds for all behind that; `count` where for none. */
function firstPage(count: number, holds: (number: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import { createHash, hash, type Hash } from 'node:crypto';
import { normalDn } from './dn.ts';
import {
  blockBytes,
  blockHashBytes,
  blockPageBytes,
  blocksInPage,
  checkedHeaderBytes,
  directoryBytesOf,
  endsBlock,
  formatVersion,
  headerBytes,
  headerCheck,
  keyedPageBytes,
  keyedTables,
  keyOf,
  magic,
  mostBlockBytes,
  pageCheck,
  recordBytes,
  recordsInPage,
  type EntryIndexSizes,
} from './entry-index-format.ts';
import { uuidOf } from './entry-uuid.ts';
import { GrowingTable } from './growing-table.ts';
import type { LdifBatch } from './read-ldif.ts';

/**
 * Makes the index of an export while that is read: which block each DN and each entryUUID is in, and the length and hash of each block
 * (docs/design/entry-index-format.md). Holds 16 bytes for each entry and about 2 more for its part of a block.
 */
export class EntryIndexBuilder {
  /** Key and number of the block; its label takes the number's place at the end. */
  readonly #names = new GrowingTable();
  readonly #uuids = new GrowingTable();
  /** Label and number of each block that has ended. */
  readonly #labels = new GrowingTable();
  readonly #blocks = new GrowingBlocks();
  #hash: Hash = createHash('sha256');
  /** Where the block that is open begins, where its last entry ends, and where what was hashed of it ends. */
  #begin = 0;
  #end = 0;
  #hashed = 0;
  /** What came behind the last entry and belongs to the next one: comments, further empty lines. */
  #behind: Uint8Array = new Uint8Array(0);
  #lastKey = 0;

  /** Takes all batches of the export, from its beginning, in their order. */
  take({ entries, ends, bytes, at }: LdifBatch): void {
    for (const [index, entry] of entries.entries()) {
      const end = ends[index] ?? 0;
      if (this.#end > this.#begin && end - this.#begin > mostBlockBytes) this.#endBlock(bytes, at);
      const digest = hash('sha256', normalDn(entry.dn), 'buffer');
      this.#lastKey = digest.readUInt32BE(0);
      this.#names.add(this.#lastKey, this.#blocks.length);
      const uuid = uuidOf(entry);
      if (uuid !== undefined) this.#uuids.add(keyOf(uuid), this.#blocks.length);
      this.#end = end;
      if (endsBlock(digest)) this.#endBlock(bytes, at);
    }
    this.#hashTo(this.#end, bytes, at);
    this.#behind = Buffer.concat([this.#behind, bytes.subarray(Math.max(0, this.#hashed - at))]);
  }

  /** The index, in pieces one behind the other. The builder is of no more use. */
  finish(): readonly Uint8Array[] {
    const exportBytes = this.#hashed + this.#behind.length;
    if (this.#names.length > 0 && exportBytes > this.#begin) {
      // To the end of the file, be there only empty lines and comments.
      this.#hash.update(this.#behind);
      this.#endOpenBlock(exportBytes);
    }
    const labels = this.#labels.keys();
    this.#names.replaceValues(labels);
    this.#uuids.replaceValues(labels);
    const sizes = { exportBytes, entries: this.#names.length, uuids: this.#uuids.length, blocks: this.#blocks.length };
    const tables = { names: this.#names.sorted(), uuids: this.#uuids.sorted(), labels: this.#labels.sorted() };
    const blocks = this.#blocks.bytes();
    const directory = Buffer.concat([...keyedTables.map((table) => keyedDirectory(tables[table])), this.#blocks.directory(blocks)]);
    return [headerOf(sizes, directory), directory, tables.names, tables.uuids, tables.labels, blocks];
  }

  #endBlock(bytes: Uint8Array, at: number): void {
    this.#hashTo(this.#end, bytes, at);
    this.#endOpenBlock(this.#end);
  }

  #endOpenBlock(end: number): void {
    this.#labels.add(this.#lastKey, this.#blocks.length);
    this.#blocks.add(this.#begin, end - this.#begin, this.#hash.digest());
    this.#hash = createHash('sha256');
    this.#begin = end;
    this.#end = end;
  }

  #hashTo(end: number, bytes: Uint8Array, at: number): void {
    if (end <= this.#hashed) return;
    this.#hash.update(this.#behind);
    this.#behind = new Uint8Array(0);
    this.#hash.update(bytes.subarray(Math.max(0, this.#hashed - at), end - at));
    this.#hashed = end;
  }
}

function keyedDirectory(table: Buffer): Buffer {
  const pageBytes = recordsInPage * recordBytes;
  const directory = Buffer.alloc(Math.ceil(table.length / pageBytes) * keyedPageBytes);
  for (let at = 0, to = 0; at < table.length; at += pageBytes, to += keyedPageBytes) {
    directory.writeUInt32LE(table.readUInt32LE(at + 4), to);
    directory.writeUInt32LE(pageCheck(table.subarray(at, at + pageBytes)), to + 4);
  }
  return directory;
}

function headerOf(sizes: EntryIndexSizes, directory: Buffer): Buffer {
  if (directory.length !== directoryBytesOf(sizes)) throw new Error(`the directory has ${directory.length} bytes`);
  const header = Buffer.alloc(headerBytes);
  header.write(magic, 'latin1');
  header.writeUInt32LE(formatVersion, 8);
  header.writeUInt32LE(directory.length, 12);
  header.writeBigUInt64LE(BigInt(sizes.exportBytes), 16);
  header.writeUInt32LE(sizes.entries, 24);
  header.writeUInt32LE(sizes.uuids, 28);
  header.writeUInt32LE(sizes.blocks, 32);
  headerCheck(header, directory).copy(header, checkedHeaderBytes);
  return header;
}

/** The table of blocks while it grows. */
class GrowingBlocks {
  length = 0;
  readonly #pages: Buffer[] = [];
  readonly #begins: number[] = [];

  add(at: number, bytes: number, digest: Buffer): void {
    const place = this.length % blocksInPage;
    if (place === 0) {
      this.#pages.push(Buffer.alloc(blocksInPage * blockBytes));
      this.#begins.push(at);
    }
    const page = this.#pages.at(-1);
    if (page === undefined) throw new Error('a page was just made');
    page.writeUInt32LE(bytes, place * blockBytes);
    digest.copy(page, place * blockBytes + 4, 0, blockHashBytes);
    this.length += 1;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pages, this.length * blockBytes);
  }

  directory(table: Buffer): Buffer {
    const directory = Buffer.alloc(this.#begins.length * blockPageBytes);
    for (const [page, begin] of this.#begins.entries()) {
      const bytes = table.subarray(page * blocksInPage * blockBytes, (page + 1) * blocksInPage * blockBytes);
      directory.writeBigUInt64LE(BigInt(begin), page * blockPageBytes);
      directory.writeUInt32LE(pageCheck(bytes), page * blockPageBytes + 8);
    }
    return directory;
  }
}

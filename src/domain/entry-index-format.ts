import { hash } from 'node:crypto';
import { exitCodes, Failure } from '../foundation/failure.ts';

// docs/design/entry-index-format.md says what each byte means.

export const magic = 'rc-entry';
export const formatVersion = 1;
export const headerBytes = 64;
/** How much of the header goes into its check, and how long that is. */
export const checkedHeaderBytes = 48;
export const headerCheckBytes = 16;

/** Of the tables that are sorted by a key: key and value, 32 bits each. */
export const recordBytes = 8;
export const recordsInPage = 1024;
/** In the directory for each of their pages: its first key and its check. */
export const keyedPageBytes = 8;

/** Of the table of blocks: length, and the hash of the content. */
export const blockHashBytes = 16;
export const blockBytes = 4 + blockHashBytes;
export const blocksInPage = 256;
/** In the directory for each of its pages: where in the export the first block begins, and its check. */
export const blockPageBytes = 12;

/** The tables in the order in which they lie. */
export const keyedTables = ['names', 'uuids', 'labels'] as const;
export type KeyedTable = (typeof keyedTables)[number];

/** What a header says, and what follows from it. */
export interface EntryIndexSizes {
  readonly exportBytes: number;
  readonly entries: number;
  readonly uuids: number;
  readonly blocks: number;
}

export function recordsOf(table: KeyedTable, { entries, uuids, blocks }: EntryIndexSizes): number {
  return { names: entries, uuids, labels: blocks }[table];
}

export function directoryBytesOf(sizes: EntryIndexSizes): number {
  const keyed = keyedTables.reduce((sum, table) => sum + Math.ceil(recordsOf(table, sizes) / recordsInPage) * keyedPageBytes, 0);
  return keyed + Math.ceil(sizes.blocks / blocksInPage) * blockPageBytes;
}

/** Of the whole file. */
export function indexBytesOf(sizes: EntryIndexSizes): number {
  const records = keyedTables.reduce((sum, table) => sum + recordsOf(table, sizes), 0);
  return headerBytes + directoryBytesOf(sizes) + records * recordBytes + sizes.blocks * blockBytes;
}

/** The first 32 bits of the SHA-256 of a normal DN or of a UUID, by which it is looked for. */
export function keyOf(text: string): number {
  return hash('sha256', text, 'buffer').readUInt32BE(0);
}

/** Two bits of a DN's hash, which are not among those of its key's first half and are zero for one DN of four: behind its entry a block ends. */
export function endsBlock(digest: Buffer): boolean {
  return ((digest[4] ?? 0) & 0x03) === 0;
}

/** A block has no more bytes, unless one entry alone has. */
export const mostBlockBytes = 256 * 1024;

/** Shows that a page is as it was written. */
export function pageCheck(page: Uint8Array): number {
  return hash('sha256', page, 'buffer').readUInt32LE(0);
}

export function headerCheck(header: Uint8Array, directory: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([header.subarray(0, checkedHeaderBytes), directory]), 'buffer').subarray(0, headerCheckBytes);
}

export function indexDamaged(name: string, state: string): Failure {
  return new Failure('E_ENTRY_INDEX_DAMAGED', `Cannot use the entry index ${name}: ${state}`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'the export beside it may be whole all the same: "rootcellar verify --read-data" tells what else of the snapshot is damaged',
  });
}

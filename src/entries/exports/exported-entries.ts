import type { ByteRange, RangeContent } from '../../foundation/byte-ranges.ts';
import { isAtOrBelow, normalDn } from '../../domain/dn.ts';
import { isContentOf } from '../../domain/block-table.ts';
import type { Block, BlockTable } from '../../domain/entry-index.ts';
import { type LdifEntry, parseLdif } from '../../domain/read-ldif.ts';
import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { BlockCache } from './block-cache.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import type { AskedIndex } from './steady-index.ts';

/** A block with its bytes, checked. */
export interface ReadBlock {
  readonly block: Block;
  readonly content: Uint8Array;
}

/** The LDIF export of one backend, wherever it lies. */
export interface ExportFile {
  /** For sentences: `export/userRoot.ldif of ds-0/20261123104646Z`. */
  readonly name: string;
  readonly backend: string;
  readonly baseDns: readonly string[];
  readonly entries: number;
  readonly bytes: number;
  /** As `Archive.readRanges`. */
  readonly readRanges: (ranges: Iterable<ByteRange>, options: OperationContext) => AsyncIterable<RangeContent>;
}

/**
 * The entries of one backend at one moment, in an LDIF export: single ones are found by the export's index, in a few reads. What was read is kept, in
 * bounded memory, for other exports that have the same.
 */
export class ExportedEntries {
  readonly file: ExportFile;
  readonly #index: AskedIndex;
  readonly #cache: BlockCache;
  readonly #bases: readonly string[];

  constructor(file: ExportFile, index: AskedIndex, cache: BlockCache) {
    this.file = file;
    this.#index = index;
    this.#cache = cache;
    this.#bases = file.baseDns.map(normalDn);
  }

  /** Whether an entry of this DN belongs to the backend. */
  covers(dn: string): boolean {
    const normal = normalDn(dn);
    return this.#bases.some((base) => isAtOrBelow(normal, base));
  }

  /** All blocks, in the order of the file. */
  blocks(): Promise<BlockTable> {
    return this.#index.blocks();
  }

  /** The entry of this DN; undefined where the export has none. */
  async byName(dn: string, options: OperationContext = {}): Promise<LdifEntry | undefined> {
    const normal = normalDn(dn);
    return this.#find(await this.#index.findName(normal), (entry) => normalDn(entry.dn) === normal, options);
  }

  /** The entry with this `entryUUID`, whatever it is called; undefined where the export has none. */
  async byUuid(uuid: string, options: OperationContext = {}): Promise<LdifEntry | undefined> {
    const wanted = uuid.toLowerCase();
    return this.#find(await this.#index.findUuid(wanted), (entry) => uuidOf(entry) === wanted, options);
  }

  /** The content of blocks, ascending, in their order; what is read only once is not kept. @throws Failure E_FILE_DAMAGED (exit code 20) */
  async *read(blocks: Iterable<Block>, options: OperationContext = {}): AsyncGenerator<ReadBlock> {
    const asked: Block[] = [];
    const ranges = function* (): Generator<Block> {
      for (const block of blocks) {
        asked.push(block);
        yield block;
      }
    };
    for await (const { content } of this.file.readRanges(ranges(), { signal: options.signal })) {
      const block = asked.shift();
      if (block === undefined || !isContentOf(content, block)) throw this.#damaged(block?.at ?? 0);
      yield { block, content };
    }
  }

  /** Every entry, in the order in which blocks come. */
  async *scan(options: OperationContext = {}): AsyncGenerator<readonly LdifEntry[]> {
    for await (const read of this.read(allOf(await this.blocks()), options)) yield this.parse(read);
  }

  /** The entries of a block. @throws Failure E_LDIF_INVALID (exit code 20) */
  parse({ block, content }: ReadBlock): readonly LdifEntry[] {
    return parseLdif(content, { name: `${this.file.name} from byte ${block.at} on` });
  }

  async #find(
    blocks: readonly Block[],
    isWanted: (entry: LdifEntry) => boolean,
    options: OperationContext,
  ): Promise<LdifEntry | undefined> {
    for (const block of blocks) {
      const content = this.#cache.get(block.hash) ?? (await this.#readOne(block, options));
      const found = this.parse({ block, content }).find(isWanted);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #readOne(block: Block, options: OperationContext): Promise<Uint8Array> {
    for await (const { content } of this.read([block], options)) {
      this.#cache.put(block.hash, content);
      return content;
    }
    throw this.#damaged(block.at);
  }

  #damaged(at: number): Failure {
    return new Failure('E_FILE_DAMAGED', `Cannot read ${this.file.name}: what is there from byte ${at} on is not what was archived`, {
      exitCode: exitCodes.verificationFailed,
      hint: 'use another snapshot; "rootcellar verify --read-data" tells which are whole',
    });
  }
}

/** The blocks of a table one after the other, made as they are asked for. */
export function* allOf(table: BlockTable): Generator<Block> {
  for (let number = 0; number < table.length; number += 1) yield table.block(number);
}

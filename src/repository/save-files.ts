import { open } from 'node:fs/promises';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { Documents } from './documents.ts';
import { type FileStretch, wholeFile } from './file-stretches.ts';
import { defaultCutSizes, entryIndexCutSizes, ldifCutSizes, type CutSizes } from './cut-sizes.ts';
import { momentOf, type Moment } from './format/go-time.ts';
import type { Id } from './format/hex-id.ts';
import type { BlobType } from './format/pack-header.ts';
import type { LoadedIndex } from './index-loader.ts';
import { IndexWriter } from './index-writer.ts';
import type { OpenedRepository } from './open-repository.ts';
import { PackWriter } from './packs/pack-writer.ts';
import { BlobSaver, type Added } from './pipeline/blob-saver.ts';
import { Cutter } from './pipeline/cutter.ts';
import { contentOf } from './pipeline/saved-content.ts';
import { FileReader, type StoredPart } from './pipeline/file-reader.ts';
import { PartReader } from './pipeline/part-reader.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { saveFolderTree, type TreeFile } from './save-tree.ts';
import type { Cipher } from './sealing/cipher.ts';

export interface WriterSettings {
  /** Threads; as many as cores, up to four, unless told. */
  readonly workers?: number | undefined;
  readonly packBytes?: number | undefined;
  readonly cutSizes?: CutSizes | undefined;
  /** Of zstandard, 1 to 19; 1 unless told, which is tuned for database files. */
  readonly compressionLevel?: number | undefined;
  /** Of what is taken for known by its CRC-32, the share of chunks that are hashed all the same, chosen at random each time; 0.05 unless told, 1: nothing is taken for known. */
  readonly rehashShare?: number | undefined;
  /** Packs that are uploaded at once. */
  readonly uploads?: number | undefined;
}

/** A file to store: its content comes from a path, or is given. */
export interface FileToSave {
  /** Inside the snapshot, `/`-separated. */
  readonly path: string;
  readonly from: string | Uint8Array;
  /** Whether the SHA-256 of the whole is wanted beside those of its chunks; that is a second pass of hashing, on one core. */
  readonly isHashed?: boolean | undefined;
  /** Parts that are chunks of their own, in order; such as are known already need not be stored, nor hashed as a whole. Not for what is hashed as a whole. */
  readonly stretches?: readonly FileStretch[] | undefined;
}

export interface SavedFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the whole. Undefined where it was not wanted and the file has several chunks. */
  readonly sha256: string | undefined;
  /** The lengths of its chunks, and the SHA-256 of their SHA-256s in a row. */
  readonly pieces: { readonly bytes: number[]; readonly sha256: string };
}

export interface SavedFiles {
  readonly tree: Id;
  readonly files: readonly SavedFile[];
  readonly added: Readonly<Record<BlobType, Added>>;
  /** Of the files that were asked for, the last one left out: what the repository did not have yet, before compression. */
  readonly newBytes: number;
  /** All packs that were written. */
  readonly packedBytes: number;
}

export interface SaveContext {
  readonly store: ObjectStore;
  readonly documents: Documents;
  readonly cipher: Cipher;
  readonly opened: OpenedRepository;
  readonly pipeline: Pipeline;
  readonly index: LoadedIndex;
  readonly now: () => Date;
  readonly onRead: (bytes: number) => void;
  /** Called with each file once it is stored; may reject to stop all. */
  readonly onFile: (file: SavedFile) => void;
  /** Stored after all others: what is to be said of them. */
  readonly lastFile: (files: readonly SavedFile[]) => FileToSave;
  readonly signal?: AbortSignal | undefined;
}

const mebi = 1024 * 1024;

/** Stores files and the trees that name them: packs, then index. What is to name the tree may be written once this has resolved. */
export async function saveFiles(files: readonly FileToSave[], settings: WriterSettings, context: SaveContext): Promise<SavedFiles> {
  const { pipeline } = context;
  const index = new IndexWriter(context.documents, context.signal);
  const packs = { data: packWriter('data', settings, context, index), tree: packWriter('tree', settings, context, index) };
  const level = context.opened.config.version === 1 ? 0 : (settings.compressionLevel ?? 1);
  const saver = new BlobSaver({ pipeline, cipher: context.cipher, index: context.index.blobs, packs, level });
  const machine = { pipeline, saver, context, settings };
  const contents = await storeContents(files, machine);
  const newBytes = saver.added.data.bytes;
  const stored = [...contents, ...(await storeContents([context.lastFile(contents)], machine))];
  const tree = await saveFolderTree(stored, (bytes) => saver.save('tree', bytes), now(context));
  await Promise.all([packs.data.finish(), packs.tree.finish()]);
  await index.finish();
  const packedBytes = packs.data.storedBytes + packs.tree.storedBytes;
  return { tree, files: stored, added: saver.added, newBytes, packedBytes };
}

/** Does `work` with threads that hash, compress and seal; they start at once, while `work` still looks around. */
export async function withWriters<Result>(
  opened: OpenedRepository,
  settings: WriterSettings,
  work: (pipeline: Pipeline) => Promise<Result>,
): Promise<Result> {
  // What is read, and room for a chunk that goes on.
  const slabBytes = 2 * mebi + cutSizesOf(settings).max;
  const pipeline = new Pipeline(opened, { workers: settings.workers, slabs: 5, slabBytes });
  try {
    return await work(pipeline);
  } finally {
    await pipeline.close();
  }
}

function cutSizesOf({ cutSizes = defaultCutSizes }: WriterSettings): CutSizes {
  return cutSizes;
}

interface Machine {
  readonly pipeline: Pipeline;
  readonly saver: BlobSaver;
  readonly context: SaveContext;
  readonly settings: WriterSettings;
}

async function storeContents(files: readonly FileToSave[], machine: Machine): Promise<(SavedFile & TreeFile)[]> {
  const { pipeline, saver, context } = machine;
  const failing = new AbortController();
  const signal = context.signal === undefined ? failing.signal : AbortSignal.any([context.signal, failing.signal]);
  const reader = new FileReader({ pipeline, saver, onRead: context.onRead, signal });
  const underWay: Promise<SavedFile & TreeFile>[] = [];
  try {
    for (const file of files) {
      signal.throwIfAborted();
      const { stored } = await begin(file, reader, machine);
      // The first failure ends the reading; it is reported below.
      stored.catch((error: unknown) => failing.abort(error));
      underWay.push(stored);
    }
    return await Promise.all(underWay);
  } catch (error) {
    failing.abort(error);
    await Promise.allSettled(underWay);
    throw error;
  }
}

/** Resolves once the file was read, to what resolves once it is stored. */
async function begin(
  { path, from, isHashed = false, stretches = [] }: FileToSave,
  reader: FileReader,
  { pipeline, saver, context, settings }: Machine,
): Promise<{ readonly stored: Promise<SavedFile & TreeFile> }> {
  if (typeof from !== 'string') return { stored: storeGiven(path, from, saver, context) };
  const handle = await open(from);
  try {
    const { mtimeNs, mode, size } = await handle.stat({ bigint: true });
    const cutter = cutterOf(path, pipeline, settings);
    const { rehashShare = 0.05 } = settings;
    const parts = new PartReader({ handle, reader, cutter, pipeline, index: context.index.blobs, rehashShare, onRead: context.onRead });
    const { stored } = isHashed ? await parts.readWhole() : await parts.read(wholeFile(stretches, Number(size)));
    const facts = { path, mode: Number(mode) & 0o777, modifiedAt: momentOf(mtimeNs) };
    const checked = stored.then((saved) => {
      const file = { ...facts, ...fileOf(saved) };
      context.onFile(file);
      return file;
    });
    return { stored: checked };
  } finally {
    await handle.close();
  }
}

function fileOf({ content, lengths, sha256 }: StoredPart) {
  return { bytes: lengths.reduce((sum, length) => sum + length, 0), ...contentOf(content, [...lengths], sha256) };
}

function cutterOf(path: string, { kernels }: Pipeline, settings: WriterSettings): Cutter {
  if (/\.ldif$/i.test(path)) return new Cutter(kernels, { isLdif: true, sizes: ldifCutSizes });
  const sizes = /\.ldif\.index$/i.test(path) ? entryIndexCutSizes : cutSizesOf(settings);
  return new Cutter(kernels, { isLdif: false, sizes });
}

async function storeGiven(path: string, bytes: Uint8Array, saver: BlobSaver, context: SaveContext): Promise<SavedFile & TreeFile> {
  const content = bytes.length === 0 ? [] : [await saver.save('data', bytes)];
  const lengths = bytes.length === 0 ? [] : [bytes.length];
  return { path, mode: 0o640, modifiedAt: now(context), bytes: bytes.length, ...contentOf(content, lengths, undefined) };
}

function now(context: SaveContext): Moment {
  return { milliseconds: context.now().getTime(), nanoseconds: 0 };
}

function packWriter(type: BlobType, settings: WriterSettings, { store, cipher, signal }: SaveContext, index: IndexWriter): PackWriter {
  return new PackWriter({
    store,
    cipher,
    type,
    packBytes: settings.packBytes ?? 16 * mebi,
    // Trees are few and name nothing outside.
    open: type === 'data' ? 2 : 1,
    uploads: settings.uploads ?? 2,
    onStored: (pack) => index.add(pack),
    signal,
  });
}

import { BlobIndex } from './blob-index.ts';
import type { Documents } from './documents.ts';
import type { Id } from './format/hex-id.ts';
import { decodeIndex, type IndexedPack, type IndexFile } from './format/index-file.ts';
import { isFailure, type Failure } from '../foundation/failure.ts';

export interface LoadedIndex {
  readonly blobs: BlobIndex;
  /** The files it was made of, those that others supersede left out. */
  readonly files: readonly { readonly id: Id; readonly index: IndexFile }[];
  /** Listed, and gone when they were to be read, however often. */
  readonly vanished: readonly Id[];
  /** Those that others supersede, and a run that was killed left: no use to us, and a lie to programs that do not mind `supersedes`. */
  readonly superseded: readonly Id[];
  readonly damaged: readonly { readonly id: Id; readonly failure: Failure }[];
}

/** A prune replaces index files once; a store whose listings lag behind shows for long what is gone. */
const mostLooks = 4;

/** Reads all index files. Damaged ones are left out and named; `isWanted` tells which packs to take, all unless told. */
export async function loadIndex(
  documents: Documents,
  signal?: AbortSignal,
  isWanted: (pack: IndexedPack) => boolean = () => true,
): Promise<LoadedIndex> {
  const { contents, vanished } = await readFiles(documents, signal);
  const files: { id: Id; index: IndexFile }[] = [];
  const damaged: { id: Id; failure: Failure }[] = [];
  for (const [id, content] of contents) {
    try {
      if (content instanceof Error) throw content;
      files.push({ id, index: decodeIndex(content, id) });
    } catch (error) {
      if (!isFailure(error)) throw error;
      damaged.push({ id, failure: error });
    }
  }
  const superseded = new Set(files.flatMap(({ index }) => index.supersedes));
  const current = files.filter(({ id }) => !superseded.has(id));
  const blobs = new BlobIndex();
  for (const { index } of current) for (const pack of index.packs) if (isWanted(pack)) blobs.addPack(pack);
  return { blobs, files: current, vanished, superseded: files.flatMap(({ id }) => (superseded.has(id) ? [id] : [])), damaged };
}

/** One that was listed and is gone was replaced by another, which that listing was too early for: so all are listed again. */
async function readFiles(
  documents: Documents,
  signal: AbortSignal | undefined,
): Promise<{ readonly contents: ReadonlyMap<Id, Uint8Array | Error>; readonly vanished: readonly Id[] }> {
  const read = new Map<Id, Uint8Array | Error>();
  for (let look = 1; ; look += 1) {
    const ids = (await documents.list('index', signal)).map(({ id }) => id);
    const unread = ids.filter((id) => !read.has(id));
    for (const [id, content] of await documents.readAll('index', unread, signal)) read.set(id, content);
    const vanished = ids.filter((id) => !read.has(id));
    if (vanished.length === 0 || look === mostLooks) return { contents: read, vanished };
  }
}

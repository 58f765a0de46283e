import { BlobIndex } from './blob-index.ts';
import type { Documents } from './documents.ts';
import type { Id } from './format/hex-id.ts';
import { decodeIndex, type IndexFile } from './format/index-file.ts';
import { isFailure, type Failure } from '../foundation/failure.ts';

export interface LoadedIndex {
  readonly blobs: BlobIndex;
  /** The files it was made of, those that others supersede left out. */
  readonly files: readonly { readonly id: Id; readonly index: IndexFile }[];
  /** All that were there. */
  readonly ids: readonly Id[];
  readonly damaged: readonly { readonly id: Id; readonly failure: Failure }[];
}

/** Reads all index files. Damaged ones are left out and named; `without` names packs to pass over. */
export async function loadIndex(documents: Documents, signal?: AbortSignal, without: ReadonlySet<Id> = new Set()): Promise<LoadedIndex> {
  const ids = (await documents.list('index', signal)).map(({ id }) => id);
  const files: { id: Id; index: IndexFile }[] = [];
  const damaged: { id: Id; failure: Failure }[] = [];
  for (const [id, content] of await documents.readAll('index', ids, signal)) {
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
  for (const { index } of current) for (const pack of index.packs) if (!without.has(pack.id)) blobs.addPack(pack);
  return { blobs, files: current, ids, damaged };
}

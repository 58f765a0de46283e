import { open, type FileHandle } from 'node:fs/promises';
import type { BlobIndex } from './blob-index.ts';
import { contentLength } from './format/blob-lengths.ts';
import type { Id } from './format/hex-id.ts';
import type { TreeEntry } from './walk-tree.ts';

/** A file of this machine that was written from a snapshot, and may still be so. */
export interface NearFile {
  readonly entry: TreeEntry;
  readonly file: string;
}

export interface NearBlob {
  readonly descriptor: number;
  readonly position: number;
}

/** Where wanted blobs may lie in files of this machine; the files stay open until it is disposed. What is there has to be checked. */
export class NearBlobs implements AsyncDisposable {
  readonly #places = new Map<Id, NearBlob>();
  readonly #handles: FileHandle[] = [];

  static async open(files: readonly NearFile[], index: BlobIndex, isWanted: (id: Id) => boolean): Promise<NearBlobs> {
    const near = new NearBlobs();
    for (const { entry, file } of files) {
      const handle = await open(file, 'r').catch(() => undefined);
      if (handle === undefined) continue;
      near.#handles.push(handle);
      let position = 0;
      for (const id of entry.node.content) {
        const place = index.find('data', id);
        // Without its length nobody knows where the next one begins.
        if (place === undefined) break;
        if (isWanted(id) && !near.#places.has(id)) near.#places.set(id, { descriptor: handle.fd, position });
        position += contentLength(place);
      }
    }
    return near;
  }

  find(id: Id): NearBlob | undefined {
    return this.#places.get(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.close()));
  }
}

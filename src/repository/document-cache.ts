import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DocumentKind } from './documents.ts';
import type { Id } from './format/hex-id.ts';

/**
 * Copies on this machine of documents as they are stored, sealed, so that a run asks the store only for what is new. A document never changes under its ID, by which
 * a copy is checked when it is read; what cannot be read or written here is as if it were not there.
 */
export class DocumentCache {
  readonly #folder: string;

  /** `folder`: of one repository; made when something is written. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(kind: DocumentKind, id: Id): Promise<Uint8Array | undefined> {
    return readFile(path.join(this.#folder, kind, id)).catch(() => undefined);
  }

  async put(kind: DocumentKind, id: Id, sealed: Uint8Array): Promise<void> {
    const place = path.join(this.#folder, kind, id);
    const temporary = `${place}.${process.pid}`;
    try {
      await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
      await writeFile(temporary, sealed, { mode: 0o600 });
      await rename(temporary, place);
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** Lets go of all of a kind that are no longer stored. */
  async keepOnly(kind: DocumentKind, ids: readonly Id[]): Promise<void> {
    const stored = new Set(ids);
    const folder = path.join(this.#folder, kind);
    const kept = await readdir(folder).catch((): string[] => []);
    const gone = kept.filter((name) => !stored.has(name));
    await Promise.all(gone.map((name) => rm(path.join(folder, name), { force: true }).catch(() => undefined)));
  }
}

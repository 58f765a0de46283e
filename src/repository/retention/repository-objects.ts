import { isFailure } from '../../foundation/failure.ts';
import { configKey } from '../format/config-file.ts';
import { packDocument, unpackDocument } from '../format/document.ts';
import type { Id } from '../format/hex-id.ts';
import { packKey } from '../format/pack-header.ts';
import { readMarks } from '../prune/marks.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { packsOfTrees } from './packs-of-trees.ts';

/** The objects of a repository by their use, for those who look after objects rather than blobs. */
export class RepositoryObjects {
  readonly #core: RepositoryCore;

  constructor(core: RepositoryCore) {
    this.#core = core;
  }

  /** The keys of all objects but locks, and packs that a prune has found to be unneeded. Packs that no index lists yet are among them. */
  async live(signal?: AbortSignal): Promise<string[]> {
    const { store } = this.#core;
    const marked = new Set([...(await this.#marked(signal))].map(packKey));
    const live = [configKey];
    for (const prefix of ['keys/', 'index/', 'snapshots/', 'data/']) {
      for await (const { key } of store.list(prefix, { signal })) if (isOurs(key) && !marked.has(key)) live.push(key);
    }
    return live;
  }

  /**
   * The keys of the objects without which a snapshot does not come back: its own, the packs that its trees reach, the index files that list
   * those, every key, the config. What cannot be read any more is passed over, as `verify` tells of it.
   */
  async neededBy(
    snapshots: readonly { readonly id: Id; readonly tree: Id | undefined }[],
    signal?: AbortSignal,
  ): Promise<Map<Id, string[]>> {
    const index = await this.#core.loadedIndex(signal);
    const indexOfPack = new Map(index.files.flatMap((file) => file.index.packs.map(({ id }) => [id, `index/${file.id}`] as const)));
    const common = [configKey];
    for await (const { key } of this.#core.store.list('keys/', { signal })) if (isOurs(key)) common.push(key);
    const reach = packsOfTrees(await this.#core.reader(signal), index.blobs, await this.#marked(signal));
    const needed = new Map<Id, string[]>();
    for (const { id, tree } of snapshots) {
      signal?.throwIfAborted();
      const packs = tree === undefined ? [] : [...(await reach(tree, signal))];
      const indexes = new Set(packs.map((pack) => indexOfPack.get(pack)).filter((key) => key !== undefined));
      needed.set(id, [`snapshots/${id}`, ...common, ...indexes, ...packs.map(packKey)]);
    }
    return needed;
  }

  /** The keys of what must be there for the repository to be whole, as far as its index tells: config, index files, and the packs that they list. */
  async indexed(signal?: AbortSignal): Promise<string[]> {
    const { files } = await this.#core.loadedIndex(signal);
    return [configKey, ...files.flatMap(({ id, index }) => [`index/${id}`, ...index.packs.map((pack) => packKey(pack.id))])];
  }

  /** A note of ours beside the repository, sealed; undefined where there is none or it is not ours. */
  async readNote(name: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      return this.openNote(name, await this.#core.store.get(noteKey(name), { signal }));
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
      throw error;
    }
  }

  /** The content of a note that was read; undefined where it is not ours. */
  openNote(name: string, sealed: Uint8Array): Uint8Array | undefined {
    try {
      const opened = this.#core.cipher.open(sealed);
      return opened && unpackDocument(opened, name);
    } catch (error) {
      if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return undefined;
      throw error;
    }
  }

  /** A note as it is to be stored; `json` must be an object or an array. */
  sealNote(json: Uint8Array): Uint8Array {
    const { cipher, opened } = this.#core;
    return cipher.seal(packDocument(json, opened.config.version));
  }

  /** `json` must be an object or an array. */
  async writeNote(name: string, json: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#core.store.put(noteKey(name), this.sealNote(json), { signal });
  }

  async #marked(signal: AbortSignal | undefined): Promise<Set<Id>> {
    return new Set((await readMarks(this.#core.store, this.#core.cipher, signal)).flatMap(({ packs }) => packs));
  }
}

/** Other names in our folders are not of the repository. */
function isOurs(key: string): boolean {
  return /\/[0-9a-f]{64}$/.test(key);
}

function noteKey(name: string): string {
  return `.rootcellar/${name}`;
}

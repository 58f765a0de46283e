import { isFailure } from '../../foundation/failure.ts';
import type { BlobReader } from '../blob-reader.ts';
import { compressIfSmaller } from '../format/compression.ts';
import { decodeJsonObject, encodeGoJson } from '../format/go-json.ts';
import { idOf, type Id } from '../format/hex-id.ts';
import type { IndexedPack } from '../format/index-file.ts';
import type { BlobType } from '../format/pack-header.ts';
import { damaged, shortened } from '../format/repository-failures.ts';
import { decodeTree, encodeNode, type TreeNode } from '../format/tree.ts';
import { IndexWriter } from '../index-writer.ts';
import { PackWriter } from '../packs/pack-writer.ts';
import type { RepositoryCore } from '../repository-core.ts';

/** How a tree is to be written anew. Paths are as those of the entries of a snapshot. */
export interface TreeChanges {
  /** Files and folders that are left out. */
  readonly dropped: ReadonlySet<string>;
  /** A file that is put in, in place of one of its name; its folder is there. */
  readonly file?: { readonly path: string; readonly content: Uint8Array } | undefined;
}

type RawNode = Readonly<Record<string, unknown>>;

const level = 3;
const packBytes = 4 * 1024 * 1024;

/** Writes trees without what is lost: everything else in them stays to the letter, also what we do not understand. */
export class RestWriter {
  readonly #core: RepositoryCore;
  readonly #reader: BlobReader;
  readonly #signal: AbortSignal;
  readonly #index: IndexWriter;
  readonly #packs: Readonly<Record<BlobType, PackWriter>>;
  readonly #saved = new Set<string>();

  constructor(core: RepositoryCore, reader: BlobReader, signal: AbortSignal) {
    const { store, cipher, documents } = core;
    this.#core = core;
    this.#reader = reader;
    this.#signal = signal;
    this.#index = new IndexWriter(documents, signal);
    const onStored = (pack: IndexedPack): Promise<void> => this.#index.add(pack);
    const make = (type: BlobType): PackWriter => new PackWriter({ store, cipher, type, packBytes, open: 1, uploads: 1, onStored, signal });
    this.#packs = { data: make('data'), tree: make('tree') };
  }

  /** Resolves to the new tree, which can be read once {@link finish} has resolved; the old one where nothing has to be changed. */
  rewrite(root: Id, changes: TreeChanges): Promise<Id> {
    return this.#rewrite(root, '', changes);
  }

  /** Packs, then index. */
  async finish(): Promise<void> {
    await Promise.all([this.#packs.data.finish(), this.#packs.tree.finish()]);
    await this.#index.finish();
  }

  async #rewrite(id: Id, folder: string, changes: TreeChanges): Promise<Id> {
    const bytes = await this.#reader.read('tree', id, this.#signal);
    const known = decodeTree(bytes, id);
    const document = decodeJsonObject(Buffer.from(bytes).toString('utf8'));
    const raw: unknown = document?.['nodes'] ?? [];
    if (!Array.isArray(raw) || raw.length !== known.length) throw damaged(`tree ${shortened(id)}`, 'it is no tree');
    const nodes: { readonly name: Buffer; readonly fields: RawNode }[] = [];
    let isChanged = false;
    for (const [place, node] of known.entries()) {
      const path = `${folder}${node.name.toString()}`;
      const fields =
        changes.dropped.has(path) || changes.file?.path === path ? undefined : await this.#node(raw[place] as RawNode, node, path, changes);
      if (fields !== raw[place]) isChanged = true;
      if (fields !== undefined) nodes.push({ name: node.name, fields });
    }
    const { file } = changes;
    if (file !== undefined && folderOf(file.path) === folder) {
      isChanged = true;
      nodes.push(await this.#fileNode(file.path.slice(folder.length), file.content));
    }
    if (!isChanged) return id;
    nodes.sort((a, b) => Buffer.compare(a.name, b.name));
    return this.#save('tree', Buffer.from(`${encodeGoJson({ ...document, nodes: nodes.map(({ fields }) => fields) })}\n`));
  }

  /** The same object where nothing in it changes. */
  async #node(fields: RawNode, { type, subtree }: TreeNode, path: string, changes: TreeChanges): Promise<RawNode> {
    if (type !== 'dir' || subtree === undefined) return fields;
    const changed = await this.#rewrite(subtree, `${path}/`, changes);
    return changed === subtree ? fields : { ...fields, subtree: changed };
  }

  async #fileNode(name: string, content: Uint8Array): Promise<{ readonly name: Buffer; readonly fields: RawNode }> {
    const id = await this.#save('data', content);
    const modifiedAt = { milliseconds: this.#core.options.clock.now().getTime(), nanoseconds: 0 };
    const node: TreeNode = { name: Buffer.from(name), type: 'file', mode: 0o640, modifiedAt, size: content.length, content: [id] };
    return { name: node.name, fields: encodeNode(node) };
  }

  async #save(type: BlobType, bytes: Uint8Array): Promise<Id> {
    const id = idOf(bytes);
    if (this.#saved.size === this.#saved.add(`${type} ${id}`).size || (await this.#isThere(type, id))) return id;
    const { content, rawLength } = compressIfSmaller(bytes, this.#core.opened.config.version === 1 ? 0 : level);
    await this.#packs[type].add(id, this.#core.cipher.seal(content), rawLength);
    return id;
  }

  async #isThere(type: BlobType, id: Id): Promise<boolean> {
    try {
      await this.#reader.read(type, id, this.#signal);
      return true;
    } catch (error) {
      if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return false;
      throw error;
    }
  }
}

/** `a/b/` of `a/b/c`; empty of `c`. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

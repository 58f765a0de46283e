import type { Clock } from '../foundation/clock.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { Secret } from '../foundation/secret.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { BlobReader } from './blob-reader.ts';
import { Documents } from './documents.ts';
import { fetchFiles, type FileToFetch } from './fetch-files.ts';
import type { Id } from './format/hex-id.ts';
import { shortened } from './format/repository-failures.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotFile } from './format/snapshot-file.ts';
import type { TreeNode } from './format/tree.ts';
import { loadIndex, type LoadedIndex } from './index-loader.ts';
import { underLock, type LockOwner } from './locks.ts';
import { createRepository, openRepository, type OpenedRepository } from './open-repository.ts';
import type { ScryptCost } from './format/key-file.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { executeRepositoryPrune } from './prune/execute-prune.ts';
import { readMarks } from './prune/marks.ts';
import { neededBlobs, refused } from './prune/needed-blobs.ts';
import { planRepositoryPrune, type RepositoryPrunePlan } from './prune/prune-plan.ts';
import { readFileContent } from './read-file.ts';
import { saveFiles, type FileToSave, type SavedFile, type SavedFiles, type WriterSettings } from './save-files.ts';
import { Cipher } from './sealing/cipher.ts';
import { PackChecks, verifySnapshot, type SnapshotFinding } from './verify-snapshot.ts';
import { walkTree, type TreeEntry } from './walk-tree.ts';

export type { Moment } from './format/go-time.ts';
export type {
  Id,
  FileToFetch,
  FileToSave,
  LockOwner,
  RepositoryPrunePlan,
  SavedFile,
  SavedFiles,
  ScryptCost,
  SnapshotFile,
  SnapshotFinding,
  TreeEntry,
  TreeNode,
  WriterSettings,
};

export interface RepositoryOptions {
  readonly clock: Clock;
  readonly owner: LockOwner;
  readonly writer?: WriterSettings | undefined;
  /** How long a pack stays after it was found unneeded; longer than any writer lives. */
  readonly graceMilliseconds: number;
}

export interface ListedSnapshot {
  readonly id: Id;
  /** Undefined where it is damaged; `failure` says how. */
  readonly file: SnapshotFile | undefined;
  readonly failure: Failure | undefined;
}

export interface SaveRequest {
  readonly files: readonly FileToSave[];
  /** Called with each file once it is stored; may throw to stop all. */
  readonly onFile: (file: SavedFile) => void;
  readonly onRead: (bytes: number) => void;
  /** Stored after all other files: what is to be said of them. */
  readonly lastFile: (files: readonly SavedFile[]) => FileToSave;
  /** The snapshot of what was saved. */
  readonly describe: (saved: SavedFiles) => SnapshotFile;
  /** Called right before the snapshot comes to be; rejects to stop it. */
  readonly assertHeld: () => Promise<void>;
}

/** Makes a repository in the store; resolves to false when there is one. */
export function makeRepository(
  store: ObjectStore,
  password: Secret,
  {
    clock,
    owner,
    scrypt,
    signal,
  }: Pick<RepositoryOptions, 'clock' | 'owner'> & { readonly scrypt?: ScryptCost | undefined; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  return createRepository(store, password, { clock, holder: owner, scrypt, signal });
}

/**
 * A repository in restic's format (docs/design/repository-format.md), opened with a password. The only thing of this room that others use.
 *
 * Whatever is written comes in the order packs, index, snapshot; whatever goes, goes in the reverse one.
 */
export class Repository {
  readonly id: Id;
  readonly #store: ObjectStore;
  readonly #opened: OpenedRepository;
  readonly #options: RepositoryOptions;
  readonly #cipher: Cipher;
  readonly #documents: Documents;
  #index: Promise<LoadedIndex> | undefined;
  #checks: PackChecks | undefined;

  private constructor(store: ObjectStore, opened: OpenedRepository, options: RepositoryOptions) {
    this.id = opened.config.id;
    this.#store = store;
    this.#opened = opened;
    this.#options = options;
    this.#cipher = Cipher.standalone(opened.keys);
    this.#documents = new Documents(store, this.#cipher, opened.config.version);
  }

  /** @throws Failure E_ARCHIVE_MISSING (exit code 10), E_WRONG_KEY (12), E_REPOSITORY_DAMAGED (20), E_REPOSITORY_VERSION */
  static async open(store: ObjectStore, password: Secret, options: RepositoryOptions, signal?: AbortSignal): Promise<Repository> {
    return new Repository(store, await openRepository(store, password, signal), options);
  }

  /** All snapshots, damaged ones too, in no order. */
  async listSnapshots(signal?: AbortSignal): Promise<ListedSnapshot[]> {
    const ids = (await this.#documents.list('snapshots', signal)).map(({ id }) => id);
    const read = await this.#documents.readAll('snapshots', ids, signal);
    return read.map(([id, content]) => listedOf(id, content));
  }

  /** Stores files and a snapshot of them. A call that rejects, or is killed, leaves no snapshot; what else it leaves is found by prune. */
  async save(
    request: SaveRequest,
    { signal }: OperationContext = {},
  ): Promise<{ readonly id: Id; readonly file: SnapshotFile; readonly saved: SavedFiles }> {
    const { clock, owner, writer = {} } = this.#options;
    const context = {
      store: this.#store,
      documents: this.#documents,
      cipher: this.#cipher,
      opened: this.#opened,
      now: () => clock.now(),
      signal,
      ...request,
    };
    return underLock(this.#documents, false, { owner, clock, signal }, async () => {
      // Not on packs that are about to go.
      const marked = new Set((await readMarks(this.#store, this.#cipher, signal)).flatMap(({ packs }) => packs));
      const index = await loadIndex(this.#documents, signal, marked);
      const saved = await saveFiles(request.files, writer, { ...context, index });
      await this.#assertNothingVanished(index, signal);
      await request.assertHeld();
      const file = request.describe(saved);
      const id = await this.#documents.write('snapshots', encodeSnapshot(file), signal);
      this.#forgetIndex();
      return { id, file, saved };
    });
  }

  /** What lies in a snapshot, folders and all. */
  async entries(file: SnapshotFile, signal?: AbortSignal): Promise<readonly TreeEntry[]> {
    const walked = await walkTree(await this.#reader(signal), file.tree, signal);
    const [unreadable] = walked.unreadable;
    if (unreadable !== undefined) throw unreadable.reason;
    return walked.entries;
  }

  /** The content of a file, in order; each piece was checked. */
  async *read(node: TreeNode, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* readFileContent(await this.#reader(signal), node, signal);
  }

  /** Writes files, many packs at a time. @throws Failure E_FILE_DAMAGED (exit code 20) */
  async fetch(files: readonly FileToFetch[], onWritten: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const index = await this.#loadedIndex(signal);
    await this.#withReaders((pipeline) => fetchFiles(files, { store: this.#store, index: index.blobs, pipeline, onWritten, signal }));
  }

  /** All that keeps a snapshot from coming back whole. Packs that were checked for another snapshot are not read again. */
  async verify(file: SnapshotFile, readData: boolean, onRead: (bytes: number) => void, signal?: AbortSignal): Promise<SnapshotFinding[]> {
    const index = await this.#loadedIndex(signal);
    const tree = await walkTree(await this.#reader(signal), file.tree, signal);
    const checks = (this.#checks ??= new PackChecks(this.#store, index.blobs));
    if (!readData) return verifySnapshot(tree, index.blobs, checks, { pipeline: undefined, onRead, signal });
    return this.#withReaders((pipeline) => verifySnapshot(tree, index.blobs, checks, { pipeline, onRead, signal }));
  }

  /** Removes snapshots; their bytes stay until a prune. */
  forget(ids: readonly Id[], signal?: AbortSignal): Promise<void> {
    return this.#documents.remove('snapshots', ids, signal);
  }

  /** Decides what a prune would do. Changes nothing. @throws Failure E_PRUNE_REFUSED when it cannot be known what is needed */
  async planPrune(signal?: AbortSignal): Promise<RepositoryPrunePlan> {
    return (await this.#plan(signal)).plan;
  }

  /** Plans anew, under an exclusive lock, and does it; of what can go now only what `allowed` names. Resolves to the bytes given back. */
  async prune(allowed: ReadonlySet<Id>, onRemoved: (objects: number) => void, signal?: AbortSignal): Promise<number> {
    const { clock, owner, writer } = this.#options;
    return underLock(this.#documents, true, { owner, clock, signal }, async () => {
      const { plan, index } = await this.#plan(signal);
      const confirmed = { ...plan, removable: plan.removable.filter(({ id }) => allowed.has(id)) };
      const given = await executeRepositoryPrune(confirmed, {
        store: this.#store,
        documents: this.#documents,
        cipher: this.#cipher,
        index,
        packBytes: writer?.packBytes ?? 16 * 1024 * 1024,
        onRemoved,
        signal,
      });
      this.#forgetIndex();
      return given;
    });
  }

  async #plan(signal: AbortSignal | undefined): Promise<{ plan: RepositoryPrunePlan; index: LoadedIndex }> {
    // Snapshots before the index: what they name is listed by then.
    const snapshots = await this.listSnapshots(signal);
    const damagedOne = snapshots.find(({ file }) => file === undefined);
    if (damagedOne !== undefined) throw refused(`snapshot ${shortened(damagedOne.id)} cannot be read`, damagedOne.failure);
    this.#forgetIndex();
    const index = await this.#loadedIndex(signal);
    const [damagedIndex] = index.damaged;
    if (damagedIndex !== undefined) throw refused(`index ${shortened(damagedIndex.id)} cannot be read`, damagedIndex.failure);
    const roots = snapshots.flatMap(({ file }) => (file === undefined ? [] : [file.tree]));
    const needed = await neededBlobs(await this.#reader(signal), roots, signal);
    const packs = [];
    for await (const { key, bytes, modifiedAt } of this.#store.list('data/', { signal })) {
      const id = key.slice('data/xx/'.length);
      if (/^[0-9a-f]{64}$/.test(id)) packs.push({ id, bytes, modifiedAt });
    }
    const marks = await readMarks(this.#store, this.#cipher, signal);
    const { clock, graceMilliseconds } = this.#options;
    return { plan: planRepositoryPrune({ index: index.blobs, needed, packs, marks }, clock.now(), graceMilliseconds), index };
  }

  /** A prune beside us, which no lock kept away, may have removed what we built on. */
  async #assertNothingVanished(index: LoadedIndex, signal: AbortSignal | undefined): Promise<void> {
    const present = new Set((await this.#documents.list('index', signal)).map(({ id }) => id));
    const lost = index.ids.filter((id) => !present.has(id));
    if (lost.length === 0) return;
    const now = await loadIndex(this.#documents, signal);
    const lostPack = index.blobs.packIds.find((id) => !now.blobs.hasPack(id));
    if (lostPack === undefined) return;
    throw new Failure(
      'E_REPOSITORY_CHANGED',
      `Cannot finish the snapshot: pack ${shortened(lostPack)} was removed while this run built on it`,
      {
        retry: 'later',
        hint: 'run it again; it will store anew what was removed',
      },
    );
  }

  async #reader(signal: AbortSignal | undefined): Promise<BlobReader> {
    return new BlobReader(this.#store, this.#cipher, (await this.#loadedIndex(signal)).blobs);
  }

  #loadedIndex(signal: AbortSignal | undefined): Promise<LoadedIndex> {
    if (this.#index === undefined) {
      const loading = loadIndex(this.#documents, signal);
      // What failed once may be tried again.
      loading.catch(() => {
        if (this.#index === loading) this.#forgetIndex();
      });
      this.#index = loading;
    }
    return this.#index;
  }

  #forgetIndex(): void {
    this.#index = undefined;
    this.#checks = undefined;
  }

  async #withReaders<Result>(work: (pipeline: Pipeline) => Promise<Result>): Promise<Result> {
    const pipeline = new Pipeline(this.#opened, { workers: this.#options.writer?.workers, slabs: 0, slabBytes: 0 });
    try {
      return await work(pipeline);
    } finally {
      await pipeline.close();
    }
  }
}

function listedOf(id: Id, content: Uint8Array | Error): ListedSnapshot {
  try {
    if (content instanceof Error) throw content;
    return { id, file: decodeSnapshot(content, `snapshot ${shortened(id)}`), failure: undefined };
  } catch (error) {
    if (isFailure(error)) return { id, file: undefined, failure: error };
    throw error;
  }
}

import type { ByteRange, RangeContent } from '../foundation/byte-ranges.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { Secret } from '../foundation/secret.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { compareTrees, type TreeComparison } from './compare-trees.ts';
import { fetchFiles, type FileToFetch } from './fetch-files.ts';
import type { NearFile } from './near-blobs.ts';

import type { FileStretch } from './file-stretches.ts';
import { forgetSnapshots } from './forget-snapshots.ts';
import { readForgotten } from './forgotten-trees.ts';
import { copySnapshots, haveSameKeys, type CopyRequest, type CopyResult } from './copy/copy-snapshots.ts';
import { planCopy, type CopyEstimate } from './copy/plan-copy.ts';
import type { Id } from './format/hex-id.ts';
import type { ScryptCost } from './format/key-file.ts';
import type { SnapshotFile } from './format/snapshot-file.ts';
import type { TreeNode } from './format/tree.ts';
import { listSnapshots, type ListedSnapshot } from './list-snapshots.ts';
import { RepositoryKeys } from './keys/repository-keys.ts';
import type { LockOwner } from './locks.ts';
import { measureRepository, type RepositoryMeasure } from './measure/measure-repository.ts';
import { packsOf, type PackInStore } from './measure/packs-of.ts';
import { createRepository, openRepository, patternOf } from './open-repository.ts';
import type { RepositoryPrunePlan } from './prune/prune-plan.ts';
import { planPrune, prune, type PruneOptions } from './prune/prune-repository.ts';
import { readFileContent } from './read-file.ts';
import { readRanges, type RangesContext } from './read-ranges.ts';
import type { HealedSnapshot, NamedSnapshot, SnapshotChanges } from './repair/repair-snapshots.ts';
import type { ExaminedSnapshot } from './repair/examine-snapshot.ts';
import type { TreeChanges } from './repair/rest-writer.ts';
import type { IndexRepairPlan } from './repair/plan-index-repair.ts';
import { planConfigRepair, repairConfig } from './repair/repair-config.ts';
import { RepositoryRepairs } from './repair/repository-repairs.ts';
import { RepositoryObjects } from './retention/repository-objects.ts';
import { checking, type DataToRead } from './checking.ts';
import { RepositoryCore, type RepositoryOptions } from './repository-core.ts';
import type { FileToSave, SavedFile, SavedFiles, WriterSettings } from './save-files.ts';
import { saveSnapshot, type SavedSnapshot, type SaveRequest } from './save-snapshot.ts';
import { verifyObjects, type ObjectFinding } from './verify-objects.ts';
import { verifySnapshot, type SnapshotFinding } from './verify-snapshot.ts';
import { readTree, walkTree, type TreeEntry, type WalkedTree } from './walk-tree.ts';

export type { Moment } from './format/go-time.ts';
export type {
  CopyEstimate,
  CopyRequest,
  CopyResult,
  DataToRead,
  Id,
  ExaminedSnapshot,
  FileStretch,
  NamedSnapshot,
  NearFile,
  SnapshotChanges,
  TreeChanges,
  FileToFetch,
  FileToSave,
  HealedSnapshot,
  IndexRepairPlan,
  ListedSnapshot,
  LockOwner,
  ObjectFinding,
  RepositoryOptions,
  RepositoryPrunePlan,
  SavedFile,
  SavedFiles,
  SavedSnapshot,
  SaveRequest,
  ScryptCost,
  SnapshotFile,
  SnapshotFinding,
  TreeEntry,
  TreeNode,
  WalkedTree,
  WriterSettings,
};

/** For a repository that cannot be opened. */
export { planConfigRepair, repairConfig };

export type MakeOptions = Pick<RepositoryOptions, 'clock' | 'owner' | 'scrypt'> & { readonly signal?: AbortSignal | undefined };

/** Makes a repository in the store; resolves to false when there is one. */
export function makeRepository(store: ObjectStore, password: Secret, { clock, owner, scrypt, signal }: MakeOptions): Promise<boolean> {
  return createRepository(store, password, { clock, holder: owner, scrypt, signal });
}

/**
 * A repository in restic's format (docs/design/repository-format.md), opened with a password. The only thing of this room that others use; what it
 * does lies in the files that it calls.
 *
 * Whatever is written comes in the order packs, index, snapshot; whatever goes, goes in the reverse one.
 */
export class Repository {
  readonly id: Id;
  readonly #core: RepositoryCore;

  private constructor(core: RepositoryCore) {
    this.id = core.opened.config.id;
    this.#core = core;
  }

  /** @throws Failure E_ARCHIVE_MISSING (exit code 10), E_WRONG_KEY (12), E_REPOSITORY_DAMAGED (20), E_REPOSITORY_VERSION */
  static async open(store: ObjectStore, password: Secret, options: RepositoryOptions, signal?: AbortSignal): Promise<Repository> {
    return new Repository(new RepositoryCore(store, await openRepository(store, password, signal), options));
  }

  /** The keys of this repository; `password` is the one that opened it. */
  keys(password: Secret): RepositoryKeys {
    return new RepositoryKeys(this.#core, password);
  }

  /** What lies in the store of it, object by object. */
  objects(): RepositoryObjects {
    return new RepositoryObjects(this.#core);
  }

  /**
   * Makes a repository elsewhere that cuts files in the places where this one does, so that a backup into it shares with what is copied there. With the same
   * master keys what is sealed goes over as it is; with new ones nobody who knows the old ones can read it. Resolves to false when there is one.
   */
  makeAlike(
    store: ObjectStore,
    password: Secret,
    { clock, owner, scrypt, areKeysNew, signal }: MakeOptions & { readonly areKeysNew: boolean },
  ): Promise<boolean> {
    const pattern = patternOf(this.#core.opened, areKeysNew);
    return createRepository(store, password, { clock, holder: owner, scrypt, signal, pattern });
  }

  hasSameKeys(other: Repository): boolean {
    return haveSameKeys(this.#core, other.#core);
  }

  /** What {@link copyFrom} would do. Changes nothing. */
  planCopy(source: Repository, ids: readonly Id[], signal?: AbortSignal): Promise<CopyEstimate> {
    return planCopy(source.#core, this.#core, ids, signal);
  }

  /** Takes over snapshots of another repository that this one lacks. @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  copyFrom(source: Repository, request: CopyRequest, signal?: AbortSignal): Promise<CopyResult> {
    return copySnapshots(source.#core, this.#core, request, signal);
  }

  /** All snapshots, damaged ones too, in no order. */
  listSnapshots(signal?: AbortSignal): Promise<ListedSnapshot[]> {
    // What was listed now is in an index of now.
    this.#core.forgetIndex();
    return listSnapshots(this.#core.cachedDocuments, signal);
  }

  /** Reads a snapshot's own document from the store itself. @throws Failure E_OBJECT_MISSING, E_REPOSITORY_DAMAGED (exit code 20) */
  async checkSnapshot(id: Id, signal?: AbortSignal): Promise<void> {
    await this.#core.documents.read('snapshots', id, signal);
  }

  /** Stores files and a snapshot of them. A call that rejects, or is killed, leaves no snapshot; what else it leaves is found by prune. */
  save(request: SaveRequest, { signal }: OperationContext = {}): Promise<SavedSnapshot> {
    return saveSnapshot(this.#core, request, signal);
  }

  /** What lies in a snapshot, folders and all; those that cannot be read are named. */
  async walk(file: SnapshotFile, signal?: AbortSignal): Promise<WalkedTree> {
    return walkTree(await this.#core.reader(signal), file.tree, signal);
  }

  /** What is in one folder; undefined where its tree cannot be read. */
  async folder(tree: Id, signal?: AbortSignal): Promise<readonly TreeNode[] | undefined> {
    const nodes = await readTree(await this.#core.reader(signal), tree, signal);
    return nodes instanceof Error ? undefined : nodes;
  }

  /** What differs between two trees, down to the blobs. Reads no content, and of folders that are the same nothing. */
  compare(before: Id, after: Id, signal?: AbortSignal): Promise<TreeComparison> {
    return compareTrees(this.#core, { before, after }, signal);
  }

  /** Adds up what the repository holds, and what of it the chosen snapshots need and nobody else. Reads no content. */
  measure(chosen: ReadonlySet<Id>, onRoot: (done: number, of: number) => void, signal?: AbortSignal): Promise<RepositoryMeasure> {
    return measureRepository(this.#core, chosen, { onRoot, signal });
  }

  /** The content of a file, in order; each piece was checked. */
  async *read(node: TreeNode, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* readFileContent(await this.#core.reader(signal), node, signal);
  }

  /**
   * Parts of a file, window by window, in bounded memory; `ranges` ascend and are disjoint. Each blob of which something is wanted was checked.
   *
   * @throws Failure E_FILE_DAMAGED (exit code 20)
   */
  async *readRanges(entry: TreeEntry, ranges: Iterable<ByteRange>, signal?: AbortSignal): AsyncGenerator<RangeContent, void, void> {
    const { store, keptBlobs } = this.#core;
    const { blobs: index } = await this.#core.loadedIndex(signal);
    const reader = await this.#core.reader(signal);
    const withPipeline: RangesContext['withPipeline'] = (work) => this.#core.withReaders(work);
    yield* readRanges(entry, ranges, { store, index, reader, keptBlobs, withPipeline, signal });
  }

  /** Writes files, many packs at a time; what lies in `near` already is not read from the store. @throws Failure E_FILE_DAMAGED (exit code 20) */
  async fetch(
    files: readonly FileToFetch[],
    near: readonly NearFile[],
    onWritten: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { store } = this.#core;
    const { blobs: index } = await this.#core.loadedIndex(signal);
    const reader = await this.#core.reader(signal);
    await this.#core.withReaders((pipeline) => fetchFiles(files, { store, index, reader, pipeline, near, onWritten, signal }));
  }

  /** All that keeps a snapshot from coming back whole. Packs that were checked for another snapshot are not read again. */
  async verify(file: SnapshotFile, read: DataToRead, onRead: (bytes: number) => void, signal?: AbortSignal): Promise<SnapshotFinding[]> {
    const { blobs: index } = await this.#core.loadedIndex(signal);
    const reader = await this.#core.reader(signal);
    const tree = await walkTree(reader, file.tree, signal);
    const sources = { index, reader, checks: await this.#core.packChecks(signal) };
    return checking(this.#core, read, { onRead, signal }, (options) => verifySnapshot(tree, sources, options));
  }

  /** All that is wrong with objects of the repository, whether or not a snapshot suffers; packs that were checked for a snapshot are not read again. */
  async verifyObjects(read: DataToRead, onRead: (bytes: number) => void, signal?: AbortSignal): Promise<ObjectFinding[]> {
    const { store, documents, cipher } = this.#core;
    const objects = { store, documents, cipher, index: await this.#core.loadedIndex(signal), checks: await this.#core.packChecks(signal) };
    return checking(this.#core, read, { onRead, signal }, (options) => verifyObjects(objects, options));
  }

  /** The packs that these snapshots need, or undefined: all that the index lists. Of those that are there. */
  packsOf(snapshots: ReadonlySet<Id> | undefined, signal?: AbortSignal): Promise<readonly PackInStore[]> {
    return packsOf(this.#core, snapshots, signal);
  }

  /** Removes snapshots; their bytes stay until a prune. That it was on purpose is written down before, so that a snapshot that is lost is known from it. */
  async forget(ids: readonly Id[], signal?: AbortSignal): Promise<void> {
    await forgetSnapshots(this.#core, ids, signal);
  }

  /** Whether a snapshot of this tree was forgotten on purpose. */
  async wasForgotten(tree: Id, signal?: AbortSignal): Promise<boolean> {
    return (await readForgotten(this.#core, signal)).some(({ trees }) => trees.includes(tree));
  }

  /** What puts the repository right after damage. */
  get repairs(): RepositoryRepairs {
    return new RepositoryRepairs(this.#core);
  }

  /** Decides what a prune would do. Changes nothing. @throws Failure E_PRUNE_REFUSED when it cannot be known what is needed */
  planPrune(signal?: AbortSignal): Promise<RepositoryPrunePlan> {
    return planPrune(this.#core, signal);
  }

  /** Plans anew, under an exclusive lock, and does it; of what can go now only what `allowed` names. Resolves to the bytes given back. */
  prune(allowed: ReadonlySet<Id>, options: PruneOptions): Promise<number> {
    return prune(this.#core, allowed, options);
  }
}

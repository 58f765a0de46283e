import type { OperationContext } from '../foundation/progress.ts';

/**
 * What puts an archive right after damage, for a layout whose snapshots share objects. Each `plan…` reads and changes nothing; each `repair…` plans
 * anew under an exclusive lock and does it. Nothing that could still be read is removed. Killed anywhere, the next call goes on.
 */
export interface ArchiveRepairs {
  /**
   * What would put right that which opens the archive. Needs a password that opens one key.
   *
   * @throws Failure E_ARCHIVE_MISSING (exit code 10), E_WRONG_KEY (12)
   */
  planConfig(options?: OperationContext): Promise<ConfigRepair>;

  /** @throws Failure as {@link planConfig}, E_REPOSITORY_LOCKED (exit code 11) */
  repairConfig(options?: OperationContext): Promise<ConfigRepair>;

  /** What would make the index say what the packs say; `readAllPacks`: each pack is asked, not only those that no index lists. */
  planIndex(readAllPacks: boolean, options?: OperationContext): Promise<IndexRepair>;

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  repairIndex(readAllPacks: boolean, options?: OperationContext): Promise<IndexRepair>;

  /** What could be saved of damaged packs; `ids` names them or begins their IDs, without any every byte of every pack is read. */
  planPacks(ids: readonly string[], options?: OperationContext): Promise<readonly PackRepair[]>;

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  repairPacks(ids: readonly string[], options?: OperationContext): Promise<readonly PackRepair[]>;

  /** What can be made of snapshots that are not whole. @throws Failure E_SNAPSHOT_UNKNOWN, E_SNAPSHOT_AMBIGUOUS */
  planSnapshots(request: SnapshotRepairRequest, options?: OperationContext): Promise<SnapshotRepair>;

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  repairSnapshots(request: SnapshotRepairRequest, options?: OperationContext): Promise<SnapshotRepair>;

  /** Stores of the files below a folder what the archive lacks, and no snapshot: those that need it are whole again. Resolves to the number of such pieces. */
  storeAgain(folder: string, options?: OperationContext): Promise<number>;
}

export interface SnapshotRepairRequest {
  /** IDs or beginnings of them; empty: all. */
  readonly ids: readonly string[];
  /** Whether every byte is read, or a pack of the right length believed to be whole. */
  readonly readData: boolean;
  /** Whether what is damaged goes once its rest is saved. */
  readonly isForgetting: boolean;
  /** Whether sets that no snapshot names get one again. */
  readonly isRecovering: boolean;
}

export interface SnapshotRepair {
  /** How many snapshots were looked at. */
  readonly checked: number;
  /** Snapshot files that are put right. */
  readonly healed: readonly { readonly id: string; readonly foundAs: string; readonly how: string }[];
  readonly broken: readonly BrokenSnapshot[];
  /** Snapshot files of which nothing can be made; they go where that is asked for. */
  readonly unreadable: readonly { readonly id: string; readonly finding: string }[];
  /** Whole sets that no snapshot names: it was lost, or forgotten by another program, or its run was killed just before it. */
  readonly unnamed: readonly UnnamedSet[];
  /** Rests of sets that are whole again; they go where that is asked for. */
  readonly outlived: readonly { readonly id: string; readonly restOf: string }[];
  /** Of all these the snapshots that do not go, as they are pinned. */
  readonly pinned: readonly string[];
}

/** A snapshot some of whose files are lost. */
export interface BrokenSnapshot {
  readonly id: string;
  readonly server: string;
  readonly backupId: string;
  readonly time: string;
  readonly lost: readonly { readonly path: string; readonly finding: string }[];
  /** What is whole, and so is kept. */
  readonly keptFiles: number;
  readonly keptBytes: number;
  readonly wholeBackends: readonly string[];
  readonly brokenBackends: readonly string[];
  /** The snapshot of what is left, where there is one already or it was made now. */
  readonly rest: string | undefined;
}

export interface UnnamedSet {
  /** The root of its tree. */
  readonly tree: string;
  readonly server: string;
  readonly backupId: string;
  readonly time: string;
  readonly backends: readonly string[];
  readonly bytes: number;
  /** The snapshot that it got now. */
  readonly snapshot: string | undefined;
}

export interface ConfigRepair {
  /** `whole`: nothing is wrong · `healed`: a flipped bit is put right · `new`: it is lost, and another one takes its place. */
  readonly config: 'whole' | 'healed' | 'new';
  readonly healedKeys: readonly string[];
  /** Key files of which nothing can be made: they are put aside. */
  readonly lostKeys: readonly { readonly id: string; readonly finding: string }[];
}

export interface IndexRepair {
  /** Index files that go, as they cannot be read, list what is not so, or were superseded long ago. */
  readonly removed: readonly string[];
  /** Index files that were not altered and are not understood, as a newer program may have written them: they stay. */
  readonly notUnderstood: readonly string[];
  /** How many packs a new index lists, and which of them by their own header. */
  readonly listed: number;
  readonly listedAnew: readonly string[];
  /** Packs that an index lists and that are gone. */
  readonly missing: readonly string[];
  /** Packs whose header cannot be read: what an index says of them stays. */
  readonly unreadable: readonly { readonly id: string; readonly finding: string }[];
}

export interface PackRepair {
  readonly id: string;
  /** Blobs that go into new packs, and those of them in which a flipped bit is put right. */
  readonly savedBlobs: number;
  readonly healedBlobs: number;
  /** Blobs that no pack has any more. */
  readonly lost: readonly { readonly type: 'data' | 'tree'; readonly id: string; readonly finding: string }[];
}

import type { OperationContext } from '../foundation/progress.ts';

/**
 * What puts an archive right after damage, for a layout whose snapshots share objects. Each `plan…` reads and changes nothing; each `repair…` plans
 * anew under an exclusive lock and does it. Nothing that could still be read is removed. Killed anywhere, the next call goes on.
 */
export interface ArchiveRepairs {
  /** What would make the index say what the packs say; `readAllPacks`: each pack is asked, not only those that no index lists. */
  planIndex(readAllPacks: boolean, options?: OperationContext): Promise<IndexRepair>;

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  repairIndex(readAllPacks: boolean, options?: OperationContext): Promise<IndexRepair>;

  /** What could be saved of damaged packs; `ids` names them or begins their IDs, without any every byte of every pack is read. */
  planPacks(ids: readonly string[], options?: OperationContext): Promise<readonly PackRepair[]>;

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  repairPacks(ids: readonly string[], options?: OperationContext): Promise<readonly PackRepair[]>;
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

import type { Snapshot } from '../../domain/snapshot.ts';

/** What a layout knows of its objects, for their locks. */
export interface LockedContents {
  /** Every object that is in use now or may be: more than the snapshots need, rather than less. */
  live(signal: AbortSignal | undefined): Promise<readonly string[]>;
  /** The objects without which a snapshot does not come back, as far as that can be known; by the snapshot's ID. */
  neededBy(snapshots: readonly Snapshot[], signal: AbortSignal | undefined): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Tells of a key whether what is stored under it is known to be needed now; for some kinds of objects that cannot be known. */
  inUse(signal: AbortSignal | undefined): Promise<(key: string) => boolean>;
  /** Whether what is stored under a key is locked, and so never changes. */
  isLocked(key: string): boolean;
  /** When the last snapshot of ours was made; undefined where there is none. */
  newest(signal: AbortSignal | undefined): Promise<Date | undefined>;
  readLedger(signal: AbortSignal | undefined): Promise<Uint8Array | undefined>;
  writeLedger(bytes: Uint8Array): Promise<void>;
}

import type { Pin } from '../domain/pin.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { OperationContext } from '../foundation/progress.ts';

/** Keeps snapshots from every forget: a pinned one is listed with `pinned` until it is unpinned, or to the pin's end. */
export interface ArchivePins {
  /**
   * Pins a snapshot; a pin that is there is replaced. Beside a forget just one of both succeeds. Durable once it resolves.
   *
   * @throws Failure E_SNAPSHOT_GOING (exit code 11) while somebody forgets it, E_SNAPSHOT_UNKNOWN where it has gone, E_PIN_REFUSED for what no forget
   * would drop
   */
  pin(snapshot: PinnedSnapshot, pin: Pin, options?: OperationContext): Promise<void>;

  /** Ends a pin, also of a snapshot that is gone. Resolves to whether there was one that held. */
  unpin(snapshot: PinnedSnapshot, options?: OperationContext): Promise<boolean>;

  /** Pins that hold, and whose snapshots are not there: something removed them that does not ask. */
  lost(options?: OperationContext): Promise<readonly LostPin[]>;
}

/** What a pin says of its snapshot. */
export type PinnedSnapshot = Pick<Snapshot, 'id' | 'server' | 'backupId'>;

/** What is not known of the snapshot is empty. */
export interface LostPin extends PinnedSnapshot {
  readonly key: string;
  readonly pin: Pin;
}

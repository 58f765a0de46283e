import type { Snapshot } from '../../domain/snapshot.ts';
import type { Overview } from '../http/api-schemas.ts';
import type { ToldRun } from './run-facts.ts';

/** A snapshot with what runs told of it. */
export interface KnownSnapshot extends Snapshot {
  readonly entries?: number;
  readonly newBytes?: number;
  /** RFC 3339, UTC: at the least, as the last verification that looked found it. */
  readonly lockedUntil?: string;
}

export interface KnownSnapshots {
  /** The newest first. The same array as long as nothing changed. */
  readonly snapshots: readonly KnownSnapshot[];
  readonly readAt: Date;
}

/** What an agent knows of its archive without asking it: the port between its knowledge and its API. */
export interface KnownArchive {
  /** From memory. */
  overview(): Overview;
  /**
   * The snapshots of all servers as they were read last; waits for the archive only where it was never read, or was changed by way of this agent and is being read.
   *
   * @throws whatever the archive rejects with where it was never read
   */
  snapshots(signal?: AbortSignal): Promise<KnownSnapshots>;
  /** A command that was not a run of the agent changed it, or may have. */
  changed(): void;
  /** What a command told that was not a run of the agent. */
  learn(run: ToldRun): void;
}

import type { Snapshot } from '../../domain/snapshot.ts';
import type { Clock } from '../../foundation/clock.ts';
import { messageOf } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ArchiveFacts } from '../metrics/metric-values.ts';
import { orAborted } from './or-aborted.ts';

export interface ArchiveWatchParts {
  /** The snapshots of all servers of the group. */
  readonly snapshots: (signal: AbortSignal) => Promise<readonly Snapshot[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A reading takes at most so much of the time when somebody looks again and again. */
const shareOfTime = 1 / 20;

/** What the archive held when it was last read. While it cannot be read, that stays. */
export class ArchiveWatch {
  readonly #parts: ArchiveWatchParts;
  readonly #signal: AbortSignal;
  #facts: ArchiveFacts | undefined;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: unknown;
  #endedAt = -Infinity;
  #lastedMilliseconds = 0;

  constructor(parts: ArchiveWatchParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  get facts(): ArchiveFacts | undefined {
    return this.#facts;
  }

  /** Why the last reading failed; undefined where it did not, or there was none. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Reads it again; resolves, also where that fails, after a reading that began not before this call. However many call meanwhile share the next one. */
  refresh(): Promise<void> {
    if (this.#reading === undefined) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
      return this.#reading;
    }
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      return this.refresh();
    });
    return this.#next;
  }

  /** Begins to read it again where the last reading ended longer ago than that, and none is under way; an archive that takes long is read more seldom. */
  refreshIfOlder(milliseconds: number): void {
    const pause = Math.max(milliseconds, this.#lastedMilliseconds / shareOfTime);
    if (this.#reading === undefined && this.#parts.clock.now().getTime() - this.#endedAt >= pause) void this.refresh();
  }

  /** Resolves when every reading that was asked for until now has ended. */
  async settled(): Promise<void> {
    await (this.#next ?? this.#reading);
  }

  async #read(): Promise<void> {
    const { snapshots, clock, log } = this.#parts;
    const readAt = clock.now();
    try {
      this.#facts = { snapshots: await orAborted(snapshots(this.#signal), this.#signal), readAt };
      this.#failure = undefined;
    } catch (error) {
      if (this.#signal.aborted) return;
      // The run that fails for the same reason says it with its code; here it is said once.
      if (this.#failure === undefined) log.warn({ reason: messageOf(error) }, 'the snapshots could not be read for the metrics');
      this.#failure = error;
    }
    this.#endedAt = clock.now().getTime();
    this.#lastedMilliseconds = this.#endedAt - readAt.getTime();
  }
}

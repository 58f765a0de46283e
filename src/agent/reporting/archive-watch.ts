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

/** What the archive held when it was last read. While it cannot be read, that stays. */
export class ArchiveWatch {
  readonly #parts: ArchiveWatchParts;
  readonly #signal: AbortSignal;
  #facts: ArchiveFacts | undefined;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #isFailing = false;

  constructor(parts: ArchiveWatchParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  get facts(): ArchiveFacts | undefined {
    return this.#facts;
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

  /** Resolves when every reading that was asked for until now has ended. */
  async settled(): Promise<void> {
    await (this.#next ?? this.#reading);
  }

  async #read(): Promise<void> {
    const { snapshots, clock, log } = this.#parts;
    const readAt = clock.now();
    try {
      this.#facts = { snapshots: await orAborted(snapshots(this.#signal), this.#signal), readAt };
      this.#isFailing = false;
    } catch (error) {
      if (this.#signal.aborted) return;
      // The run that fails for the same reason says it with its code; here it is said once.
      if (!this.#isFailing) log.warn({ reason: messageOf(error) }, 'the snapshots could not be read for the metrics');
      this.#isFailing = true;
    }
  }
}

import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { Id } from '../format/hex-id.ts';
import { goodForMillisecondsOf } from './lock-owner.ts';
import { giveBack, storeLock, takeLock, type LockTools, type StoredLock } from './take-lock.ts';

/** The lock under which a piece of work is done. */
export interface Lock {
  /** When it was taken, by the store's clock. */
  readonly takenAt: Date;
  /** When it was last taken anew, likewise; undefined as long as it was held all the time. */
  readonly retakenAt: Date | undefined;
  /**
   * Aborts with a Failure E_LOCK_LOST once it is known that the lock is gone. Work that nobody else may do takes it; a writer rather
   * goes on, and asks before it commits.
   */
  readonly signal: AbortSignal;
  /**
   * Asks the store whether the lock is there: whoever takes an exclusive lock removes others' dead ones first, so one that is there was held all the time. Once
   * it was lost it stays so until {@link retake}.
   */
  isHeld(): Promise<boolean>;
  /** @throws Failure E_LOCK_LOST (exit code 11) */
  assertHeld(): Promise<void>;
  /**
   * Takes the lock anew after it was lost, waiting for others up to `waitMilliseconds`; resolves to that moment by the store's clock. Anything may have
   * happened in between.
   */
  retake(waitMilliseconds: number): Promise<Date>;
}

/**
 * A lock that is refreshed at a third of its time, as restic does it: a new one, and then the old one removed. A process that was frozen finds, by the old one being
 * gone, that others took it for dead.
 */
export class HeldLock implements Lock {
  readonly takenAt: Date;
  retakenAt: Date | undefined;
  readonly #isExclusive: boolean;
  readonly #tools: LockTools;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #lost = new AbortController();
  #stored: StoredLock;
  /** Old ones that could not be removed. */
  #leftovers: Id[] = [];
  /** One request after another: a look in the middle of a refresh would find the old one gone. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(stored: StoredLock, isExclusive: boolean, tools: LockTools) {
    this.takenAt = stored.storedAt;
    this.#stored = stored;
    this.#isExclusive = isExclusive;
    this.#tools = tools;
    this.#loop = this.#refreshUntilReleased();
  }

  /** @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
  static async take(isExclusive: boolean, tools: LockTools): Promise<HeldLock> {
    return new HeldLock(await takeLock(isExclusive, tools), isExclusive, tools);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  isHeld(): Promise<boolean> {
    return this.#inTurn(() => this.#look());
  }

  async assertHeld(): Promise<void> {
    if (!(await this.isHeld())) throw lockLost();
  }

  retake(waitMilliseconds: number): Promise<Date> {
    return this.#inTurn(async () => {
      this.#stored = await takeLock(this.#isExclusive, { ...this.#tools, owner: { ...this.#tools.owner, waitMilliseconds } });
      this.#lost = new AbortController();
      this.retakenAt = this.#stored.storedAt;
      return this.retakenAt;
    });
  }

  async release(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    await this.#last.catch(() => undefined);
    await giveBack(this.#tools.documents, [this.#stored.id, ...this.#leftovers]);
  }

  async #refreshUntilReleased(): Promise<void> {
    const { clock, owner } = this.#tools;
    for (;;) {
      try {
        await clock.sleep(goodForMillisecondsOf(owner) / 3, this.#ended.signal);
      } catch {
        return;
      }
      // One that failed is tried again the next time; that the lock is gone is told by its signal.
      await this.#inTurn(() => this.#refresh()).catch(() => undefined);
    }
  }

  async #refresh(): Promise<void> {
    if (this.signal.aborted) return;
    const { documents } = this.#tools;
    const next = await storeLock(this.#isExclusive, this.takenAt, { ...this.#tools, signal: this.#ended.signal });
    if (!(await this.#look())) {
      await giveBack(documents, [next.id]);
      return;
    }
    const old = [this.#stored.id, ...this.#leftovers];
    this.#stored = next;
    this.#leftovers = [];
    try {
      await documents.remove('locks', old);
    } catch {
      // Without the right to delete they are left to age; a store that is away is asked again with the next one.
      this.#leftovers = old;
    }
  }

  /** Not to be cut off: what was asked last decides what is true. */
  async #look(): Promise<boolean> {
    if (this.signal.aborted) return false;
    const isThere = await this.#tools.documents.has('locks', this.#stored.id);
    if (!isThere) this.#lost.abort(lockLost());
    return isThere;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.catch(() => undefined).then(work);
    this.#last = result;
    return result;
  }
}

function lockLost(): Failure {
  return new Failure(
    'E_LOCK_LOST',
    'Cannot go on: the lock on the repository was lost: it was not refreshed in time and another process removed it',
    {
      exitCode: exitCodes.busy,
      retry: 'later',
      hint: 'run the command again; no snapshot was lost',
    },
  );
}

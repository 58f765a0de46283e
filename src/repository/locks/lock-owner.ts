/** Who asks for locks, and on which terms. */
export interface LockOwner {
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  /** What it does, for others to read: `backup`. */
  readonly work?: string | undefined;
  readonly identity?: ProcessIdentity | undefined;
  /** Whether the process of a lock still runs; undefined when that cannot be known from here. */
  readonly isAlive?: ((other: LockedProcess) => boolean | undefined) | undefined;
  /** How long a lock of ours is good for unless it is refreshed, which is done at a third of that; two minutes unless told. */
  readonly goodForMilliseconds?: number | undefined;
  /** How long to wait for others who hold a lock; not at all unless told. */
  readonly waitMilliseconds?: number | undefined;
}

/** What tells a process from another with the same host name and process ID. */
export interface ProcessIdentity {
  /** The process ID space: equal means that process IDs can be compared. Empty where that is not known. */
  readonly space: string;
  /** When the process began, as its machine tells it. */
  readonly processBegan: string;
  /** The container of an orchestrator, of which only one runs at a time; empty outside of one. */
  readonly container: string;
}

export interface LockedProcess extends ProcessIdentity {
  readonly hostname: string;
  readonly pid: number;
}

const defaultGoodForMilliseconds = 2 * 60_000;

export function goodForMillisecondsOf(owner: LockOwner): number {
  return owner.goodForMilliseconds ?? defaultGoodForMilliseconds;
}

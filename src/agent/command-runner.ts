import type { RunFailure } from '../domain/run-record.ts';
import type { ProgressEvent } from '../foundation/progress.ts';

/** Runs commands of rootcellar apart from the agent: the port behind which each is a process of its own. */
export interface CommandRunner {
  /** Resolves with how it ended, whatever that was; rejects only where it could not be begun. An abort stops it as SIGTERM does, and is waited for. */
  run(words: readonly string[], options: CommandOptions): Promise<CommandResult>;
}

export interface CommandOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for which it may go on without hearing of this again; asked several times a second. At 0 it must stop. */
  readonly heldFor?: (() => number) | undefined;
  /** Who asked for it, where somebody did: what the command writes down of whoever acts is theirs. */
  readonly by?: string | undefined;
  /** It waits for others who work with the same server, an hour unless the configuration says how long: somebody has approved it, and may have gone. */
  readonly isPatient?: boolean | undefined;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  /**
   * Its standard output and error as they come, for whoever follows it. With it `--json` is not added, and there is no `result`. Where it returns a
   * promise, nothing more of that stream is read until it resolves: a slow reader slows the command, and fills no memory.
   */
  readonly onOutput?: ((chunk: CommandOutput) => void | Promise<void>) | undefined;
}

export interface CommandOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

export interface CommandResult {
  /** Undefined where a signal killed it. */
  readonly exitCode: number | undefined;
  readonly killedBy: string | undefined;
  /** The document it printed, where it is one and not larger than 1 MiB. */
  readonly result: unknown;
  /** It printed a document that is larger than that. */
  readonly isResultTooLarge?: boolean | undefined;
  /** The last that it told with `--json`, whoever added that. */
  readonly failure: RunFailure | undefined;
  /** The last 50 lines of what it told, the oldest first. */
  readonly log: readonly string[];
}

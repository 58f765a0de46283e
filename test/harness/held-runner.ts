import type { CommandOptions, CommandResult, CommandRunner } from '../../src/agent/command-runner.ts';

export interface HeldRun {
  readonly words: readonly string[];
  readonly options: CommandOptions;
  readonly end: (own?: Partial<CommandResult>) => void;
}

/** Runs that tell and end what the test says, when it says so; one that is stopped ends with 130, unless it is deaf. */
export class HeldRunner implements CommandRunner {
  readonly runs: HeldRun[] = [];
  isDeaf = false;

  run(words: readonly string[], options: CommandOptions): Promise<CommandResult> {
    return new Promise((resolve) => {
      const end = (own: Partial<CommandResult> = {}): void =>
        resolve({ exitCode: 0, killedBy: undefined, result: undefined, failure: undefined, log: [], ...own });
      this.runs.push({ words, options, end });
      const stop = (): void => {
        if (!this.isDeaf) end({ exitCode: 130, failure: { code: 'E_INTERRUPTED', message: 'The command was interrupted' } });
      };
      options.signal?.addEventListener('abort', stop, { once: true });
    });
  }
}

import type { CommandOptions, CommandResult, CommandRunner } from '../../src/agent/command-runner.ts';
import type { Clock } from '../../src/foundation/clock.ts';

/** How the next run ends, and after how many milliseconds; `never` waits until it is stopped. */
export interface ScriptedEnd {
  readonly exitCode?: number | undefined;
  readonly killedBy?: string | undefined;
  readonly lasts?: number | undefined;
  /** It goes on though it was told to stop. */
  readonly isDeaf?: boolean | undefined;
}

/** Stands for the processes of runs where a test is about time: each run ends as the script says, at once with exit code 0 when there is none left. */
export class ScriptedRunner implements CommandRunner {
  /** When each run began, by the clock, with its words. */
  readonly begun: string[] = [];
  readonly ends: ScriptedEnd[] = [];
  running = 0;
  mostAtOnce = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async run(words: readonly string[], { signal, onProgress }: CommandOptions): Promise<CommandResult> {
    const { exitCode = 0, killedBy, lasts = 0, isDeaf = false } = this.ends.shift() ?? {};
    this.begun.push(`${this.#clock.now().toISOString().slice(0, 19)} ${words.join(' ')}`);
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    onProgress?.({ kind: 'begin', step: 'work' });
    const isStopped = lasts > 0 && (await this.#isStopped(lasts, isDeaf ? undefined : signal));
    this.running -= 1;
    const code = isStopped ? 130 : exitCode;
    const isKilled = killedBy !== undefined && !isStopped;
    const failure = code === 0 || code === 3 ? undefined : { code: 'E_SCRIPTED', message: `It ended with ${code}` };
    return {
      exitCode: isKilled ? undefined : code,
      killedBy: isKilled ? killedBy : undefined,
      result: { words },
      failure,
      log: ['a line'],
    };
  }

  async #isStopped(milliseconds: number, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#clock.sleep(milliseconds, signal);
      return false;
    } catch {
      return true;
    }
  }
}

import { randomUUID } from 'node:crypto';
import type { Clock } from '../../foundation/clock.ts';
import type { AuditEntry } from '../../domain/audit-entry.ts';
import type { ProgressEvent } from '../../foundation/progress.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CommandRunner } from '../command-runner.ts';
import { runFailureOf } from '../run-records.ts';
import type { AdmittedCommand, Role } from './command-gate.ts';
import { KeptCommand } from './kept-command.ts';
import { RunningCommands } from './running-commands.ts';

const mostAtOnce = 8;
const mostKept = 100;
const keptMilliseconds = 24 * 3_600_000;
const mostResultBytes = 16 * 1024 * 1024;

/** What happened to a kept command; what it is by then is in the command itself. */
export type KeptEvent =
  | { readonly kind: 'progress'; readonly command: KeptCommand; readonly event: ProgressEvent }
  | { readonly kind: 'end'; readonly command: KeptCommand };

export interface KeptRequest {
  readonly runner: CommandRunner;
  readonly role: Role;
  /** Who asks. */
  readonly by: string;
  /** What the audit log has of its beginning. */
  readonly audited?: AuditEntry | undefined;
}

/**
 * The commands that go on when their clients go: those that run, and those that ended within the last day, a hundred at most. They are of this process: a new
 * configuration leaves them alone, the end of the agent stops them.
 */
export class KeptCommands {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #running: RunningCommands;
  readonly #listeners = new Set<(event: KeptEvent) => void>();
  /** The oldest first. */
  #commands: readonly KeptCommand[] = [];

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
    this.#running = new RunningCommands(clock, mostAtOnce);
  }

  /**
   * Begins `command`, which ends by itself, when it is canceled, or with the agent.
   *
   * @throws Failure E_AGENT_BUSY (exit code 11) when 8 run already, E_AGENT_STOPPING (11)
   */
  begin(command: AdmittedCommand, { runner, role, by, audited }: KeptRequest): KeptCommand {
    this.#running.assertTakesMore(command.name);
    const id = randomUUID();
    const { name, words } = command;
    const kept = new KeptCommand({ id, name, words, role: command.role, by, beganAt: this.#now() }, audited);
    const stop = new AbortController();
    this.#commands = [...this.#commands, kept];
    this.#tidy();
    const work = this.#run(kept, runner, [...mannerOf(command), ...words], stop.signal);
    this.#running.add(id, { role: command.role, stop, work });
    this.#log.info({ command: name, role, id }, 'command begun, to go on without its client');
    return kept;
  }

  /** Those that `maySee` holds for, by the role that each needs; the newest first. */
  list(maySee: (needed: Role) => boolean): readonly KeptCommand[] {
    this.#tidy();
    return this.#commands.filter(({ begun }) => maySee(begun.role)).toReversed();
  }

  find(id: string, maySee: (needed: Role) => boolean): KeptCommand | undefined {
    return this.list(maySee).find(({ begun }) => begun.id === id);
  }

  /** Stops a command as SIGTERM does. False where none of that ID runs, or `mayCancel` does not hold for the role that it needs. */
  cancel(id: string, mayCancel: (needed: Role) => boolean): boolean {
    return this.#running.cancel(id, mayCancel);
  }

  /** Calls `listener`, which must not throw, with each event until the function that is returned is called. */
  onEvent(listener: (event: KeptEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes no more, waits for those that run, and stops them as SIGTERM does after `graceMilliseconds`. Resolves when none is left. */
  stop(graceMilliseconds: number): Promise<void> {
    return this.#running.stop(graceMilliseconds);
  }

  async #run(kept: KeptCommand, runner: CommandRunner, words: readonly string[], signal: AbortSignal): Promise<void> {
    const { id, name } = kept.begun;
    try {
      const onProgress = (event: ProgressEvent): void => {
        kept.hear(event, this.#now());
        this.#emit({ kind: 'progress', command: kept, event });
      };
      const result = await runner.run(words, { signal, onProgress });
      kept.end(result, this.#now());
      this.#log.info({ command: name, id, exitCode: result.exitCode, killedBy: result.killedBy }, 'kept command ended');
    } catch (error) {
      kept.fail(runFailureOf(error), this.#now());
      this.#log.error({ command: name, id, err: error }, 'kept command could not be begun');
    }
    this.#tidy();
    this.#emit({ kind: 'end', command: kept });
  }

  /** Forgets what ended more than a day ago or is too much: whole commands first, then documents, always the oldest. */
  #tidy(): void {
    const since = new Date(this.#clock.now().getTime() - keptMilliseconds).toISOString();
    const young = this.#commands.filter(({ endedAt }) => endedAt === undefined || endedAt >= since);
    const ended = young.filter(({ endedAt }) => endedAt !== undefined);
    const tooMany = new Set(ended.slice(0, Math.max(0, young.length - mostKept)));
    this.#commands = young.filter((command) => !tooMany.has(command));
    let bytes = this.#commands.reduce((sum, { resultBytes }) => sum + resultBytes, 0);
    for (const command of this.#commands) {
      if (bytes <= mostResultBytes) break;
      bytes -= command.resultBytes;
      if (command.resultBytes > 0) command.dropResult();
    }
  }

  #emit(event: KeptEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #now(): string {
    return this.#clock.now().toISOString();
  }
}

/** What is said of progress is wanted, whoever asked for quiet. */
function mannerOf({ manner }: AdmittedCommand): readonly string[] {
  return manner.filter((word) => word === '--debug');
}

import { randomUUID } from 'node:crypto';
import type { Clock } from '../../foundation/clock.ts';
import { exitCodes, Failure, interrupted, isFailure } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CommandOutput, CommandRunner } from '../command-runner.ts';
import { AnswerStream } from './answer-stream.ts';
import type { CommandEvent } from './api-schemas.ts';
import type { AdmittedCommand, Role } from './command-gate.ts';

const mostAtOnce = 16;
const mostWaitingBytes = 32 * 1024 * 1024;

interface RunningCommand {
  readonly stop: AbortController;
  readonly role: Role;
  readonly ended: Promise<void>;
}

/** The commands that run for clients of the API. A client that goes takes its command with it. */
export class RemoteCommands {
  readonly #runner: CommandRunner;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #running = new Map<string, RunningCommand>();
  #isStopping = false;

  constructor({ runner, clock, log }: { readonly runner: CommandRunner; readonly clock: Clock; readonly log: Logger }) {
    this.#runner = runner;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Begins `command` and returns what it tells, one JSON document (CommandEvent) a line, until its end.
   *
   * @throws Failure E_AGENT_BUSY (exit code 11) when 16 run already, E_AGENT_STOPPING (11)
   */
  begin(command: AdmittedCommand, role: Role): ReadableStream<Uint8Array> {
    this.#assertTakesMore(command.name);
    const id = randomUUID();
    const stop = new AbortController();
    const stream = new AnswerStream({
      clock: this.#clock,
      heartbeat: lineOf({ kind: 'alive' }),
      mostWaiting: mostWaitingBytes,
      onGone: () => stop.abort(interrupted('The command', 'the client that asked for it has gone')),
    });
    const ended = this.#run(command, stream, { id, signal: stop.signal }).finally(() => this.#running.delete(id));
    this.#running.set(id, { stop, role, ended });
    this.#log.info({ command: command.name, role, id }, 'command begun for a client');
    return stream.body;
  }

  /** Stops a command as SIGTERM does; its stream goes on to its end. False where there is none, or it belongs to a higher role. */
  cancel(id: string, mayCancel: (owner: Role) => boolean): boolean {
    const running = this.#running.get(id);
    if (running === undefined || !mayCancel(running.role)) return false;
    running.stop.abort(interrupted('The command'));
    return true;
  }

  /** Takes no more, waits for those that run, and stops them after `graceMilliseconds`. Resolves when none is left. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#isStopping = true;
    const all = Promise.all([...this.#running.values()].map(({ ended }) => ended));
    const done = new AbortController();
    const patience = this.#clock.sleep(graceMilliseconds, done.signal).then(
      () => {
        for (const { stop } of this.#running.values()) stop.abort(interrupted('The command', 'its agent was stopped'));
      },
      // All ended before.
      () => undefined,
    );
    await all.finally(() => done.abort());
    await patience;
  }

  #assertTakesMore(name: string): void {
    if (this.#isStopping) {
      throw new Failure('E_AGENT_STOPPING', `Cannot run ${name}: the agent is stopping`, {
        exitCode: exitCodes.busy,
        hint: 'try again in a minute, or at another agent of the group',
      });
    }
    if (this.#running.size >= mostAtOnce) {
      throw new Failure('E_AGENT_BUSY', `Cannot run ${name}: ${mostAtOnce} commands run already for clients of this agent`, {
        exitCode: exitCodes.busy,
        hint: 'wait until one of them has ended',
      });
    }
  }

  async #run(command: AdmittedCommand, stream: AnswerStream, { id, signal }: { id: string; signal: AbortSignal }): Promise<void> {
    await stream.write(lineOf({ kind: 'begin', id, command: command.name }));
    try {
      const { exitCode, killedBy } = await this.#runner.run([...command.manner, ...command.words], {
        signal,
        onOutput: (chunk) => stream.write(lineOf(outputOf(chunk))),
      });
      void stream.write(lineOf({ kind: 'end', exitCode: exitCode ?? null, killedBy: killedBy ?? null }));
      this.#log.info({ command: command.name, id, exitCode, killedBy }, 'command ended');
    } catch (error) {
      this.#log.error({ command: command.name, id, err: error }, 'command could not be begun');
      void stream.write(lineOf({ kind: 'failure', ...toldOf(command.name, error) }));
    } finally {
      stream.end();
    }
  }
}

function outputOf({ stream, bytes }: CommandOutput): CommandEvent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isText = Buffer.from(buffer.toString('utf8')).equals(buffer);
  return { kind: 'output', stream, ...(isText ? { text: buffer.toString('utf8') } : { base64: buffer.toString('base64') }) };
}

function toldOf(name: string, error: unknown): { code: string; message: string; hint?: string; exitCode: number } {
  if (isFailure(error)) {
    const { code, message, hint, exitCode } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }), exitCode };
  }
  return {
    code: 'E_UNEXPECTED',
    message: `Cannot run ${name}: its process could not be begun`,
    hint: "look at the agent's log",
    exitCode: exitCodes.failure,
  };
}

function lineOf(event: CommandEvent): string {
  return `${JSON.stringify(event)}\n`;
}

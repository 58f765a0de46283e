import { randomUUID } from 'node:crypto';
import type { Clock } from '../../foundation/clock.ts';
import { exitCodes, interrupted, isFailure } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CommandOutput, CommandRunner } from '../command-runner.ts';
import { AnswerStream } from './answer-stream.ts';
import type { CommandEvent } from './api-schemas.ts';
import type { AdmittedCommand, Role } from './command-gate.ts';
import { RunningCommands } from './running-commands.ts';

const mostAtOnce = 16;
const mostWaitingBytes = 32 * 1024 * 1024;

export interface RemoteCommandsParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the name of each command that ended, however it did, before its client hears of that. */
  readonly onEnd: (name: string) => void;
}

/** The commands that run for clients of the API. A client that goes takes its command with it. */
export class RemoteCommands {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onEnd: (name: string) => void;
  readonly #running: RunningCommands;

  constructor({ clock, log, onEnd }: RemoteCommandsParts) {
    this.#onEnd = onEnd;
    this.#clock = clock;
    this.#log = log;
    this.#running = new RunningCommands(clock, mostAtOnce);
  }

  /**
   * Begins `command` and returns what it tells, one JSON document (CommandEvent) a line, until its end.
   *
   * @throws Failure E_AGENT_BUSY (exit code 11) when 16 run already, E_AGENT_STOPPING (11)
   */
  begin(command: AdmittedCommand, role: Role, runner: CommandRunner): ReadableStream<Uint8Array> {
    this.#running.assertTakesMore(command.name);
    const id = randomUUID();
    const stop = new AbortController();
    const stream = new AnswerStream({
      clock: this.#clock,
      heartbeat: lineOf({ kind: 'alive' }),
      mostWaiting: mostWaitingBytes,
      onGone: () => stop.abort(interrupted('The command', 'the client that asked for it has gone')),
    });
    this.#running.add(id, { role, stop, work: this.#run(command, stream, { id, runner, signal: stop.signal }) });
    this.#log.info({ command: command.name, role, id }, 'command begun for a client');
    return stream.body;
  }

  /** Stops a command as SIGTERM does; its stream goes on to its end. False where there is none, or it belongs to a higher role. */
  cancel(id: string, mayCancel: (owner: Role) => boolean): boolean {
    return this.#running.cancel(id, mayCancel);
  }

  /** Takes no more, waits for those that run, and stops them after `graceMilliseconds`. Resolves when none is left. */
  stop(graceMilliseconds: number): Promise<void> {
    return this.#running.stop(graceMilliseconds);
  }

  async #run(
    command: AdmittedCommand,
    stream: AnswerStream,
    { id, runner, signal }: { id: string; runner: CommandRunner; signal: AbortSignal },
  ): Promise<void> {
    await stream.write(lineOf({ kind: 'begin', id, command: command.name }));
    try {
      const { exitCode, killedBy } = await runner.run([...command.manner, ...command.words], {
        signal,
        onOutput: (chunk) => stream.write(lineOf(outputOf(chunk))),
      });
      this.#onEnd(command.name);
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

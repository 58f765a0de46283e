import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../foundation/clock.ts';
import { exitCodes, interrupted } from '../foundation/failure.ts';
import { runProgram, type Output } from './run-program.ts';
import { followSupervisor } from './supervision.ts';

const clock: Clock = {
  now: () => new Date(),
  sleep: async (milliseconds, signal) => {
    await pause(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};

/**
 * Runs the program in this process: its streams, its signals, its clock. Sets the process's exit code when the work is done.
 * Nothing else in `src` ends the process.
 */
export async function runProcess(): Promise<void> {
  const hangUp = new EventEmitter();
  const stopping = new AbortController();
  stopAtSignals(stopping, hangUp);
  const mayGoOn = followSupervisor(process, (failure) => stopping.abort(failure));
  const { signal } = stopping;
  process.exitCode = await runProgram({
    words: process.argv.slice(2),
    environment: process.env,
    programVersion: readVersion(),
    clock,
    random: () => randomInt(0, 2 ** 32) / 2 ** 32,
    signal,
    mayGoOn,
    output: outputOf(process.stdout),
    errorOutput: outputOf(process.stderr),
    programFile: process.argv[1] ?? '',
    onHangUp: (listener) => {
      hangUp.on('hang-up', listener);
      return () => hangUp.off('hang-up', listener);
    },
    ask: process.stdin.isTTY && process.stderr.isTTY ? (question) => ask(question, signal) : undefined,
  });
  // A socket that a library forgot must not keep a finished command from ending.
  setTimeout(() => process.exit(), 3000).unref();
}

/** Aborts at the first SIGINT, SIGTERM or SIGHUP; the second one ends the process at once. A SIGHUP that somebody listens to is theirs. */
function stopAtSignals(stopping: AbortController, hangUp: EventEmitter): void {
  let stoppedAt: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (name === 'SIGHUP' && hangUp.emit('hang-up')) return;
      const now = clock.now().getTime();
      // A terminal's Ctrl-C reaches us and the launcher, which passes it on: both are the operator's one press.
      if (stoppedAt !== undefined && now - stoppedAt > 300) process.exit(exitCodes.interrupted);
      stoppedAt ??= now;
      stopping.abort(interrupted('The command'));
    });
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function outputOf(stream: NodeJS.WriteStream): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has gone (`rootcellar list | head -1`): the work goes on, there is just nobody to tell.
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => {
      if (stream.writable) stream.write(text);
    },
    writeBytes: (bytes) =>
      new Promise((resolve) => {
        if (stream.writable) stream.write(bytes, (error) => resolve(error === null || error === undefined));
        else resolve(false);
      }),
    isTerminal: stream.isTTY,
    columns: () => stream.columns || 80,
  };
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}

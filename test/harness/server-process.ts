import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerProcessOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** How one sees that the server answers: a line of its output, then TCP ports of 127.0.0.1 that accept connections. */
  readonly ready: { readonly line?: RegExp; readonly ports: readonly number[] };
  /** Milliseconds until it must be ready; a minute unless told. */
  readonly deadline?: number;
}

export interface ServerProcess {
  readonly pid: number;
  /** What it wrote so far, both streams; the last 256 KiB. */
  output(): string;
  isRunning(): boolean;
  /** SIGTERM, then SIGKILL after ten seconds; resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();
let areHooksSet = false;

/**
 * Starts a server in its own process group, so that a Ctrl-C in the terminal reaches it only through us, and waits until it is
 * ready. When this process ends, also by SIGINT, SIGTERM or SIGHUP, what still runs is killed by its own process id.
 *
 * @throws {Error} with the end of the server's output when it ends or is not ready in time; it is not left running.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  setHooks();
  const child = spawn(options.program, options.arguments, {
    cwd: options.folder,
    env: { PATH: process.env['PATH'], ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const log = collectOutput(child);
  try {
    await untilReady(child, log, options);
  } catch (error) {
    await end(child, 'SIGKILL');
    throw error;
  }
  setReferenced(child, false);
  return {
    pid: child.pid ?? 0,
    output: () => log.text(),
    isRunning: () => isAlive(child),
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

interface OutputLog {
  text(): string;
  /** Resolves when the output matches. */
  matches(line: RegExp): Promise<void>;
}

function collectOutput(child: ChildProcess): OutputLog {
  let collected = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      collected = (collected + piece).slice(-262_144);
      for (const listener of listeners) listener();
    });
  }
  return {
    text: () => collected,
    matches: (line) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!line.test(collected)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
  };
}

async function untilReady(child: ChildProcess, log: OutputLog, options: ServerProcessOptions): Promise<void> {
  const over = new AbortController();
  const milliseconds = options.deadline ?? 60_000;
  const failed = (why: string): Error => new Error(`Cannot start ${options.program}: ${why}\n${log.text().slice(-3000)}`);
  const ended = once(child, 'exit', { signal: over.signal }).then(([code, signal]) => {
    throw failed(`it ended with ${signal ?? `code ${code}`}`);
  });
  const late = delay(milliseconds, undefined, { signal: over.signal }).then(() => {
    throw failed(`it is not ready after ${milliseconds} ms`);
  });
  const ready = isReady(log, options.ready, over.signal);
  try {
    await Promise.race([ready, ended, late]);
  } finally {
    // The losers of the race end with an AbortError that nobody needs.
    for (const loser of [ready, ended, late]) loser.catch(() => {});
    over.abort();
  }
}

async function isReady(log: OutputLog, { line, ports }: ServerProcessOptions['ready'], signal: AbortSignal): Promise<void> {
  if (line !== undefined) await log.matches(line);
  for (const port of ports) await portAnswers(port, signal);
}

async function portAnswers(port: number, signal: AbortSignal): Promise<void> {
  while (!(await accepts(port))) await delay(20, undefined, { signal });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!isAlive(child)) return;
  setReferenced(child, true);
  const gone = once(child, 'exit');
  child.kill(signal);
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  try {
    await gone;
  } finally {
    clearTimeout(patience);
  }
}

/** A running server must not keep the test process alive once all tests are over; one that we wait for must. */
function setReferenced(child: ChildProcess, isReferenced: boolean): void {
  const verb = isReferenced ? 'ref' : 'unref';
  child[verb]();
  for (const stream of [child.stdout, child.stderr]) if (stream instanceof net.Socket) stream[verb]();
}

function setHooks(): void {
  if (areHooksSet) return;
  areHooksSet = true;
  // First, so that nobody writes any more into the folders that other listeners remove.
  process.prependListener('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    // Not `once`: a second signal (a terminal and a parent may both send one) would then end us before the listeners of 'exit' are done.
    process.on(signal, () => process.exit(code));
}

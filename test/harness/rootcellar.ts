import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { environmentOfTests, program } from './program.ts';

export interface RootcellarOptions {
  /** The whole environment besides PATH, HOME (an empty folder), LANG and TZ=UTC: nothing is inherited, no AWS_*, no ROOTCELLAR_*. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder; an empty temporary one unless told. */
  readonly cwd?: string;
  /** Aborting it sends SIGTERM. */
  readonly signal?: AbortSignal;
  /** Written to its standard input, which is then closed; empty unless told. */
  readonly stdin?: string;
}

export interface RootcellarResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly endedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningRootcellar {
  readonly pid: number;
  readonly process: ChildProcessWithoutNullStreams;
  /** What it wrote so far. */
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves as soon as either stream matches; rejects with the output when it ends before that. */
  prints(pattern: RegExp): Promise<void>;
  /** Resolves when it ended and its streams are closed. */
  readonly ended: Promise<RootcellarResult>;
}

const running = new Set<ChildProcessWithoutNullStreams>();
let emptyHome: string | undefined;

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  if (emptyHome !== undefined) rmSync(emptyHome, { recursive: true, force: true });
});

/** Runs the real program as a user would, to its end; never rejects for its exit code. */
export function runRootcellar(programArguments: readonly string[], options: RootcellarOptions = {}): Promise<RootcellarResult> {
  return spawnRootcellar(programArguments, options).ended;
}

/** Starts the real program and returns at once, for tests that watch or kill it. `kill` reaches the program itself, not a wrapper. */
export function spawnRootcellar(programArguments: readonly string[], options: RootcellarOptions = {}): RunningRootcellar {
  emptyHome ??= mkdtempSync(path.join(tmpdir(), 'rootcellar-home-'));
  const child = spawn(process.execPath, [program, ...programArguments], {
    cwd: options.cwd ?? emptyHome,
    env: cleanEnvironment(emptyHome, options.env),
    stdio: 'pipe',
    detached: true,
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  const stopAtAbort = (): void => void child.kill('SIGTERM');
  options.signal?.addEventListener('abort', stopAtAbort);
  // It may end without reading its input.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (written.stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (written.stderr += piece));
  const ended = once(child, 'close').then((): RootcellarResult => {
    options.signal?.removeEventListener('abort', stopAtAbort);
    return { exitCode: child.exitCode, endedBy: child.signalCode, ...written };
  });
  return {
    pid: child.pid ?? 0,
    process: child,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    kill: (signal) => void child.kill(signal),
    prints: (pattern) => untilPrinted(child, pattern, () => [written.stdout, written.stderr]),
    ended,
  };
}

function untilPrinted(child: ChildProcessWithoutNullStreams, pattern: RegExp, texts: () => readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopLooking = (): void => {
      for (const stream of [child.stdout, child.stderr]) stream.off('data', look);
      child.off('close', giveUp);
    };
    const look = (): void => {
      if (!texts().some((text) => pattern.test(text))) return;
      stopLooking();
      resolve();
    };
    const giveUp = (): void => {
      stopLooking();
      reject(new Error(`rootcellar ended without printing ${pattern}:\n${texts().join('\n')}`));
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
    child.once('close', giveUp);
    look();
  });
}

function cleanEnvironment(home: string, own: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...environmentOfTests(), HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', ...own };
}

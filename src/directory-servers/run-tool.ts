import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Failure, interrupted } from '../foundation/failure.ts';

export interface ToolCall {
  /** For the failure's sentence: `export the encryption settings`. */
  readonly attempt: string;
  readonly program: string;
  /** Holds no secret: every user of the machine can see it. */
  readonly arguments: readonly string[];
  /** Its whole environment; this process's own unless told. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Each line of both streams, as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface ToolEnd {
  readonly exitCode: number;
  /** Both streams in the order in which their lines came; at most the last 10,000. */
  readonly lines: readonly string[];
}

const keptLines = 10_000;

/**
 * Runs one of the server's programs to its end, without a shell and without anything on its standard input. On abort it is told to
 * stop, and the call rejects when it has ended.
 *
 * @throws Failure E_TOOL_MISSING, E_INTERRUPTED
 */
export async function runTool(call: ToolCall): Promise<ToolEnd> {
  if (call.signal?.aborted === true) throw interrupted(`The attempt to ${call.attempt}`);
  const child = spawn(call.program, call.arguments, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(call.environment !== undefined && { env: call.environment }),
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      if (line.trim() === '') return;
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      call.onLine?.(line);
    });
  }
  // The programs are shell scripts that start a JVM: the whole group has to be told.
  let wasStopped = false;
  const stop = (): void => {
    wasStopped = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  call.signal?.addEventListener('abort', stop, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 128));
    });
    if (wasStopped) throw interrupted(`The attempt to ${call.attempt}`);
    return { exitCode, lines };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('E_TOOL_MISSING', `Cannot ${call.attempt}: ${call.program} cannot be run`, {
      hint: "set server.home to the server's root folder, as rootcellar sees it",
      cause: error,
    });
  } finally {
    call.signal?.removeEventListener('abort', stop);
  }
}

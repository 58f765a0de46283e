import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramOptions {
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Runs a tool to its end and returns what it wrote, both streams together.
 *
 * @throws {Error} with the last lines of its output when it cannot be started or ends with another code than 0.
 */
export async function runProgram(program: string, programArguments: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const child = spawn(program, programArguments, {
    cwd: options.folder,
    env: options.environment ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  const [code, signal]: unknown[] = await once(child, 'close').catch((cause: unknown) => {
    throw new Error(`Cannot run ${program}: is it installed and on the PATH?`, { cause });
  });
  if (code !== 0) throw new Error(`${program} ${programArguments[0] ?? ''} ended with ${String(signal ?? code)}:\n${output.slice(-3000)}`);
  return output;
}

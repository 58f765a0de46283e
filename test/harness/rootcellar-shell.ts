import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface ShellResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a script of bash in which `rootcellar` is the real program; for pipes and files. The last failing command of a pipe gives the exit code. */
export async function rootcellarShell(
  script: string,
  { env, cwd }: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): Promise<ShellResult> {
  const launcher = path.join(import.meta.dirname, '../../bin/rootcellar.mjs');
  const program = `set -o pipefail; rootcellar() { "${process.execPath}" "${launcher}" "$@"; }`;
  const { PATH = '', NODE_V8_COVERAGE } = process.env;
  const child = spawn('bash', ['--norc', '-c', `${program}; ${script}`], {
    cwd,
    env: { PATH, HOME: cwd, LANG: 'C.UTF-8', TZ: 'UTC', ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout: Buffer.concat(pieces), stderr };
}

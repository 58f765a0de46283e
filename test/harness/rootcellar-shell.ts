import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { environmentOfTests, program } from './program.ts';

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
  const begin = `set -o pipefail; rootcellar() { "${process.execPath}" "${program}" "$@"; }`;
  const child = spawn('bash', ['--norc', '-c', `${begin}; ${script}`], {
    cwd,
    env: { ...environmentOfTests(), HOME: cwd, LANG: 'C.UTF-8', TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout: Buffer.concat(pieces), stderr };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { root } from '../run-tests.ts';
import type { Stage } from './stage.ts';
import { quoted, showCommand } from './terminal.ts';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Shows the command and runs the real program with it, in this terminal. */
export async function rootcellar(stage: Stage, ...words: readonly string[]): Promise<void> {
  await runProgram(stage, words, 'inherit');
}

/** The same, and returns what it wrote on its standard output. */
export async function rootcellarOutput(stage: Stage, ...words: readonly string[]): Promise<string> {
  return runProgram(stage, words, 'pipe');
}

async function runProgram(stage: Stage, words: readonly string[], output: 'inherit' | 'pipe'): Promise<string> {
  showCommand(['rootcellar', ...words.map(quoted)].join(' '));
  // What the script of the environment calls `rootcellar`, under the Node that runs this.
  const program = path.join(root, 'bin/rootcellar.mjs');
  return run({
    program: process.execPath,
    arguments: [program, ...words],
    environment: environmentOf(stage),
    output,
    folder: stage.folder,
  });
}

/** Shows and runs the server's own `ldapmodify` with a file of changes; returns how many it made. */
export async function ldapModify({ directory, folder }: Stage, file: string): Promise<number> {
  const values = {
    hostname: directory.host,
    port: `${directory.ldapsPort}`,
    trustStorePath: path.join(directory.folder, 'config/truststore'),
    trustStorePasswordFile: path.join(directory.folder, 'config/keystore.pin'),
    bindDn: directory.bindDn,
    bindPasswordFile: directory.passwordFile,
  };
  const words = ['--noPropertiesFile', '--useSsl', ...Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]), file];
  const program = path.join(directory.folder, 'bin/ldapmodify');
  showCommand([program, ...words].map(quoted).join(' '));
  const output = await run({ program, arguments: words, environment: process.env, output: 'pipe', folder });
  return output.match(/operation successful/gi)?.length ?? 0;
}

/** Nothing of the settings and credentials of the person who runs this. */
function environmentOf({ environment }: Stage): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|ROOTCELLAR)_/.test(name));
  return { ...Object.fromEntries(inherited), ...environment };
}

interface Run {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly folder: string;
  /** `inherit`: on this terminal; `pipe`: returned. */
  readonly output: 'inherit' | 'pipe';
}

async function run({ program, arguments: words, environment, folder, output }: Run): Promise<string> {
  const child = spawn(program, words, { cwd: folder, env: environment, stdio: ['ignore', output, 'inherit'] });
  running.add(child);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await once(child, 'close');
  running.delete(child);
  if (child.exitCode === 0) return text;
  throw new Error(`the last command ended with ${child.signalCode ?? child.exitCode}${text === '' ? '' : `:\n${text.slice(-3000)}`}`);
}

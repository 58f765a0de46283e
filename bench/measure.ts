import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from './contenders/contender.ts';

export interface Measured {
  readonly seconds: number;
  /** User and system, of the program and of all it started. */
  readonly cpuSeconds: number;
  /** The most that was resident at any time; of several processes the largest. */
  readonly peakBytes: number;
}

/**
 * Runs the commands one after another, each a process of its own, to its end; sums their times and takes the largest memory. The system
 * keeps the account (GNU time), so nothing is missed between two looks.
 *
 * @throws {Error} with what it said when one ends with another code than 0
 */
export async function measure(commands: readonly Command[], home: string): Promise<Measured> {
  let total: Measured = { seconds: 0, cpuSeconds: 0, peakBytes: 0 };
  for (const command of commands) {
    const one = await measureOne(command, home);
    if (command.isTimed !== false) {
      total = {
        seconds: total.seconds + one.seconds,
        cpuSeconds: total.cpuSeconds + one.cpuSeconds,
        peakBytes: Math.max(total.peakBytes, one.peakBytes),
      };
    }
  }
  return total;
}

async function measureOne({ program, words, environment, folder }: Command, home: string): Promise<Measured> {
  const account = path.join(home, 'account');
  const begin = performance.now();
  const child = spawn('/usr/bin/time', ['-o', account, '-f', '%U %S %M', program, ...words], {
    cwd: folder ?? home,
    env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-5000)));
  const [code]: unknown[] = await once(child, 'close');
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${String(code)}:\n${said}`);
  const [user = 0, system = 0, kibibytes = 0] = (await readFile(account, 'utf8')).trim().split(' ').map(Number);
  await rm(account);
  return { seconds, cpuSeconds: user + system, peakBytes: kibibytes * 1024 };
}

import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '../../foundation/clock.ts';

/** Every program that works for a scratch folder has this variable in its environment, and gives it to those that it starts. */
export const folderVariable = 'ROOTCELLAR_SCRATCH_FOLDER';

const patienceMilliseconds = 30_000;
const pauseMilliseconds = 50;

/**
 * The processes that work for the folder, whoever started them and whether that one still lives: found by their environment (Linux,
 * proc(5)), which no other process can have by accident, as an ID that was given again could. None where the system has no such account.
 */
export async function processesOf(folder: string): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  const own: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // One that ended meanwhile, or that another user runs, has none that we can read.
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(`${folderVariable}=${folder}`)) own.push(Number(name));
  }
  return own;
}

/**
 * Ends the processes of the folder, and resolves when none is left: `gently` they are told to, and killed when they have not within thirty seconds;
 * `at-once` they are killed, which is all that is due to a server whose files go next.
 */
export async function endProcessesOf(folder: string, how: 'gently' | 'at-once', clock: Clock): Promise<void> {
  const killAt = how === 'at-once' ? 0 : clock.now().getTime() + patienceMilliseconds;
  let isTold = false;
  for (;;) {
    const left = await processesOf(folder);
    if (left.length === 0) return;
    const isLate = clock.now().getTime() >= killAt;
    if (!isTold || isLate) for (const processId of left) signal(processId, isLate ? 'SIGKILL' : 'SIGTERM');
    isTold = true;
    await clock.sleep(pauseMilliseconds);
  }
}

function signal(processId: number, name: NodeJS.Signals): void {
  try {
    process.kill(processId, name);
  } catch {
    // It has just ended.
  }
}

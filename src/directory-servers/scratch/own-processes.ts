import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '../../foundation/clock.ts';
import { processStatOf } from '../../foundation/process-stat.ts';

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
 * Ends the processes of the folder, and resolves when none is left and what they had open, ports too, is closed: `gently` they are told to,
 * and killed when they have not within thirty seconds; `at-once` they are killed, which is all that is due to a server whose files go next.
 */
export async function endProcessesOf(folder: string, how: 'gently' | 'at-once', clock: Clock): Promise<void> {
  const killAt = how === 'at-once' ? 0 : clock.now().getTime() + patienceMilliseconds;
  let isTold = false;
  let ending: ReadonlyMap<number, string> = new Map();
  for (;;) {
    const left = await processesOf(folder);
    ending = await notYetEnded([...ending.keys(), ...left], ending);
    if (left.length === 0 && ending.size === 0) return;
    const isLate = clock.now().getTime() >= killAt;
    if (!isTold || isLate) for (const processId of left) signal(processId, isLate ? 'SIGKILL' : 'SIGTERM');
    isTold = true;
    await clock.sleep(pauseMilliseconds);
  }
}

/**
 * Those that have not ended yet, with when each began: an ID may be given again to another. One that was killed gives back its memory first, its environment
 * with it, and only then closes its files and sockets; it is a zombie of one thread when all of that is done.
 */
async function notYetEnded(processIds: readonly number[], before: ReadonlyMap<number, string>): Promise<ReadonlyMap<number, string>> {
  const ending = new Map<number, string>();
  for (const processId of processIds) {
    const text = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const { state, threads, began } = processStatOf(text);
    const isOver = /^[ZX]$/.test(state) && threads <= 1;
    if (!isOver && (before.get(processId) ?? began) === began) ending.set(processId, began);
  }
  return ending;
}

function signal(processId: number, name: NodeJS.Signals): void {
  try {
    process.kill(processId, name);
  } catch {
    // It has just ended.
  }
}

import { readFile, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import { Failure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';

export interface ProgramWait {
  /** For the failure's sentence: `suspend replication`. */
  readonly attempt: string;
  readonly home: string;
  readonly clock: Clock;
  readonly patienceMilliseconds: number;
}

const pauseMilliseconds = 250;

/**
 * Waits until no other `dsreplication` of this installation runs on this machine: an operator's, or one that a killed run of ours left, which would
 * otherwise carry out its order after the next one's. Where the system shows no processes (no `/proc`), nothing is waited for.
 *
 * @throws Failure E_REPLICATION_TOOL when one still runs after so long, E_INTERRUPTED
 */
export async function outlastOtherPrograms(waiting: ProgramWait, { signal, report }: OperationContext): Promise<void> {
  const { attempt, clock, patienceMilliseconds } = waiting;
  const home = await realpath(waiting.home).catch(() => waiting.home);
  const homes = [...new Set([waiting.home, home])];
  const end = clock.now().getTime() + patienceMilliseconds;
  let isTold = false;
  for (;;) {
    const pid = await findProgram(homes);
    if (pid === undefined) return;
    if (!isTold) {
      const text = `Another dsreplication of ${waiting.home} runs already (process ${pid}); waiting for its end`;
      report?.({ kind: 'note', level: 'warning', text });
    }
    isTold = true;
    if (clock.now().getTime() >= end) {
      throw new Failure(
        'E_REPLICATION_TOOL',
        `Cannot ${attempt}: another dsreplication runs already (process ${pid}), and two must not at the same time`,
        {
          hint: 'wait for its end, or end it if nobody needs it, then run this again',
        },
      );
    }
    await clock.sleep(pauseMilliseconds, signal);
  }
}

async function findProgram(homes: readonly string[]): Promise<string | undefined> {
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    // It may end while it is looked at, or be none of ours to see.
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (homes.some((home) => isDsreplication(words, home))) return pid;
  }
  return undefined;
}

/** The shell script and the JVM that it starts; both name the installation. */
function isDsreplication(words: readonly string[], home: string): boolean {
  if (words.slice(0, 2).includes(path.join(home, 'bin', 'dsreplication'))) return true;
  return words.some((word) => /^-D.*\.scriptName=dsreplication$/.test(word)) && words.some((word) => word.startsWith(`${home}${path.sep}`));
}

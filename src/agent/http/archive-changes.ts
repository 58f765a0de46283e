import type { Job } from '../../domain/run-record.ts';
import type { KnownArchive } from '../overview/known-archive.ts';
import type { KeptCommand } from './kept-command.ts';

const changing = new Set(['init', 'backup', 'copy', 'forget', 'prune', 'restore', 'roll-back', 'initialize', 'drill', 'pin', 'unpin']);
const telling: readonly Job[] = ['backup', 'verify', 'drill'];

/** Whether a command of this name may change what the archive lists: snapshots, what they are, whether they were proven. */
export function changesArchive(name: string): boolean {
  return changing.has(name) || name.startsWith('repair ');
}

/** Has `archive` learn what a kept command that ended told and changed. */
export function learnOfKept(command: KeptCommand, archive: KnownArchive): void {
  const { name, beganAt, endedAt, exitCode, result } = command.document();
  const job = telling.find((one) => one === name);
  if (job !== undefined && endedAt !== undefined)
    archive.learn({ job, beganAt, endedAt, outcome: exitCode === 0 ? 'success' : 'failure', result });
  if (changesArchive(name)) archive.changed();
}

import type { Restic } from '../harness/restic.ts';
import type { StagedSet } from './contents.ts';
import type { ResticCommand } from './steps.ts';

export interface ResticTools {
  readonly restic: Restic;
  readonly number: number;
  readonly sets: readonly StagedSet[];
  /** The folder of the other archive, and what opens it. */
  readonly other: string;
  readonly otherPassword: string;
}

/** Does what somebody with the stock restic does. */
export async function runResticCommand(command: ResticCommand, { restic, number, sets, other, otherPassword }: ResticTools): Promise<void> {
  switch (command) {
    case 'backup':
      await restic('backup', '--host', 'by-restic', sets[number % sets.length]?.folder ?? '');
      return;
    case 'forget':
      await restic('forget', '--keep-last', String(1 + (number % 2)), '--prune', '--max-unused', '0');
      return;
    case 'prune':
      await restic('prune', '--max-unused', '0');
      return;
    case 'copy':
      await restic('copy', '--from-repo', other, '--from-password-command', `echo ${otherPassword}`);
  }
}

/** The IDs of all that it lists. */
export async function resticSnapshots(restic: Restic): Promise<string[]> {
  return (JSON.parse(await restic('snapshots', '--no-lock', '--json')) as { readonly id: string }[]).map(({ id }) => id);
}

import type { ArchiveRepairs } from '../archive/archive-repairs.ts';
import { Failure } from '../foundation/failure.ts';
import type { CommandContext } from './define-command.ts';

/**
 * The repairs of the archive, which is not opened yet.
 *
 * @throws Failure E_LAYOUT_WITHOUT_REPAIRS for a layout that has none
 */
export async function repairsOf(attempt: string, context: CommandContext): Promise<ArchiveRepairs> {
  const { layout, location, repairs } = await (await context.parts()).archive();
  if (repairs !== undefined) return repairs;
  throw new Failure(
    'E_LAYOUT_WITHOUT_REPAIRS',
    `Cannot ${attempt}: the archive ${location} has the layout "${layout}", in which each set stands alone`,
    {
      hint: 'forget the sets that are damaged ("rootcellar verify" names them), and make a new backup',
    },
  );
}

/** What a repair says when it only planned. */
export function nothingChanged(what: string): string {
  return `Nothing was changed. With --yes ${what}.`;
}

/** The option of every repair. */
export const repairOptions = { yes: { type: 'flag', summary: 'do it; otherwise it is only shown' } } as const;

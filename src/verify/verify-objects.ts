import type { Archive, Damage, DataToRead, ObjectFinding } from '../archive/archive.ts';
import type { OperationContext } from '../foundation/progress.ts';

/** What was found of an object, and whom it hurts. */
export interface ObjectReport extends ObjectFinding {
  /** The IDs of the snapshots that suffer; empty: none does now. */
  readonly snapshots: readonly string[];
}

/**
 * Looks at every object of the archive, after its snapshots were verified: `damages` says which of them suffer. Whatever a snapshot suffers from is in it, also
 * where the object itself was not read.
 */
export async function verifyObjects(
  archive: Archive,
  damages: readonly Damage[],
  read: DataToRead,
  options: OperationContext = {},
): Promise<readonly ObjectReport[]> {
  const findings = await archive.verifyObjects(read, options);
  const hurt = Map.groupBy(damages, ({ object }) => object ?? '');
  const reports = findings.map(({ object, finding, isDamage, remedy }) => {
    const own = isDamage ? hurt.get(objectOf(object)) : undefined;
    return { object, finding, isDamage, remedy, snapshots: snapshotsOf(own ?? []) };
  });
  const told = new Set(['', ...findings.filter(({ isDamage }) => isDamage).map(({ object }) => objectOf(object))]);
  const untold = [...hurt].filter(([object]) => !told.has(object));
  return [...reports, ...untold.map(([object, own]) => ({ ...findingOf(object, findings), snapshots: snapshotsOf(own) }))];
}

function snapshotsOf(damages: readonly Damage[]): readonly string[] {
  return [...new Set(damages.map(({ snapshot }) => snapshot))];
}

/** Of an object that was found to be damaged when a snapshot was looked through. */
function findingOf(object: string, findings: readonly ObjectFinding[]): ObjectFinding {
  if (object !== unlisted) return { object, finding: 'holds what cannot be read', isDamage: true, remedy: 'repair packs' };
  return findings.some(({ isUnlisted }) => isUnlisted === true)
    ? {
        object,
        finding: 'does not list all that snapshots need, and there are packs that it does not list',
        isDamage: true,
        remedy: 'repair index',
      }
    : {
        object,
        finding: 'does not list all that snapshots need, and no pack is left that may have it',
        isDamage: true,
        remedy: 'repair snapshots',
      };
}

/** Stands for whichever index file it is. */
const unlisted = 'index/';

/** What no index lists may have been in any index file that cannot be read. */
function objectOf(object: string): string {
  return object.startsWith(unlisted) ? unlisted : object;
}

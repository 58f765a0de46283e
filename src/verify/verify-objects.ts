import type { Archive, Damage, DataToRead, ObjectFinding } from '../archive/archive.ts';
import type { OperationContext } from '../foundation/progress.ts';

/** What was found of an object, and whom it hurts. */
export interface ObjectReport extends ObjectFinding {
  /** The IDs of the snapshots that suffer; empty: none does now. */
  readonly snapshots: readonly string[];
}

/**
 * Looks at every object of the archive, after its snapshots were verified: `damages` says which of them suffer. Empty for a layout in which
 * snapshots share nothing.
 */
export async function verifyObjects(
  archive: Archive,
  damages: readonly Damage[],
  read: DataToRead,
  options: OperationContext = {},
): Promise<readonly ObjectReport[]> {
  const findings = (await archive.verifyObjects?.(read, options)) ?? [];
  const hurt = Map.groupBy(damages, ({ object }) => object ?? '');
  return findings.map((finding) => {
    const own = hurt.get(finding.isDamage ? objectOf(finding) : 'none') ?? [];
    return { ...finding, snapshots: [...new Set(own.map(({ snapshot }) => snapshot))] };
  });
}

/** What no index lists may have been in any index file that cannot be read. */
function objectOf({ object }: ObjectFinding): string {
  return object.startsWith('index/') ? 'index/' : object;
}

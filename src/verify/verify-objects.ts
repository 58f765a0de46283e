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
  const isLacking = hurt.has('index/');
  return findings.map((found) => {
    const finding = isLacking && found.isUnlisted === true ? { ...found, ...mayHoldLost } : found;
    const own = hurt.get(finding.isDamage ? objectOf(finding) : 'none') ?? [];
    return { ...finding, snapshots: [...new Set(own.map(({ snapshot }) => snapshot))] };
  });
}

/** A prune would remove it for good. */
const mayHoldLost = { finding: 'is listed by no index, and may hold what snapshots lack', remedy: 'repair index' } as const;

/** What no index lists may have been in any index file that cannot be read. */
function objectOf({ object }: ObjectFinding): string {
  return object.startsWith('index/') ? 'index/' : object;
}

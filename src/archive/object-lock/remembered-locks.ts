import type { Snapshot } from '../../domain/snapshot.ts';
import type { RetentionMode } from '../../object-stores/object-store.ts';
import { decodeLedger } from './lock-ledger.ts';
import type { LockedContents } from './locked-contents.ts';

/** The end of the lock that ends first of those of a snapshot, as they are remembered; by ID, none where one of them is not. */
export async function rememberedLocks(
  contents: LockedContents,
  mode: RetentionMode,
  snapshots: readonly Snapshot[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Date>> {
  const known = decodeLedger(mode, await contents.readLedger(signal));
  if (known.size === 0) return new Map();
  const ends = new Map<string, Date>();
  for (const [id, keys] of await contents.neededBy(snapshots, signal)) {
    const times = keys.map((key) => known.get(key)?.getTime());
    const isKnown = times.every((time) => time !== undefined);
    if (isKnown && times.length > 0) ends.set(id, new Date(Math.min(...times)));
  }
  return ends;
}

import type { Archive } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

/**
 * Pins the copies of those of `snapshots` that are pinned in the source, in the same words. A copy that is pinned already keeps its own pin, and none is ended: that
 * is for whoever looks after the target. Costs nothing where nothing is pinned.
 */
export async function copyPins(
  { source, target }: { readonly source: Archive; readonly target: Archive },
  snapshots: readonly Snapshot[],
  options: OperationContext,
): Promise<void> {
  if (!snapshots.some(({ pinned }) => pinned !== undefined)) return;
  // As they are now: a long copy may have outlived a pin.
  const pinned = new Map((await source.list({}, options)).map(({ id, pinned: pin }) => [id, pin]));
  const there = (await target.list({}, options)).filter(({ state }) => state !== 'damaged');
  const pins = await target.pins(options);
  for (const { id, server, backupId } of snapshots) {
    const pin = pinned.get(id);
    const copy = there.find((one) => one.server === server && one.backupId === backupId);
    // Nobody knows what a damaged one says.
    if (pin === undefined || pin.damage !== undefined || copy === undefined || copy.pinned !== undefined) continue;
    await pins.pin(copy, pin, options).catch((error: unknown) => unlessGone(error, options));
  }
}

/** The target's own rule has dropped it, or is about to: no copy fails for that. */
function unlessGone(error: unknown, { report }: OperationContext): void {
  if (!isFailure(error, 'E_SNAPSHOT_GOING') && !isFailure(error, 'E_SNAPSHOT_UNKNOWN')) throw error;
  report?.({ kind: 'note', level: 'warning', text: error.message });
}

import type { Archive, Damage } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { OperationContext } from '../foundation/progress.ts';

export interface VerifyReport {
  readonly snapshots: readonly { readonly snapshot: Snapshot; readonly damages: readonly Damage[] }[];
  readonly damages: readonly Damage[];
  /** Whether every byte was read, or only presence and size compared. */
  readonly isDataRead: boolean;
}

/** Checks the snapshots one after the other and reports all damage there is; finding some is no failure of the check. */
export async function verify(
  archive: Archive,
  snapshots: readonly Snapshot[],
  readData: boolean,
  options: OperationContext = {},
): Promise<VerifyReport> {
  const checked: { snapshot: Snapshot; damages: readonly Damage[] }[] = [];
  for (const snapshot of snapshots) {
    options.signal?.throwIfAborted();
    checked.push({ snapshot, damages: await archive.verify(snapshot, readData, options) });
  }
  return { snapshots: checked, damages: checked.flatMap((one) => one.damages), isDataRead: readData };
}

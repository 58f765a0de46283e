import type { Snapshot } from '../../domain/snapshot.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ListedSnapshot, Repository } from '../../repository/repository.ts';
import type { ArchiveMeasure, HeldBytes, SnapshotMeasure } from '../archive.ts';

/** Adds up a repository. `listed` has the files of the chosen snapshots. */
export async function measureArchive(
  repository: Repository,
  chosen: readonly Snapshot[],
  listed: ReadonlyMap<string, ListedSnapshot>,
  { signal, report }: OperationContext,
): Promise<ArchiveMeasure> {
  const step = 'read the folders of all snapshots';
  report?.({ kind: 'begin', step });
  const onRoot = (done: number, total: number): void => report?.({ kind: 'advance', step, done, total });
  const measured = await repository.measure(new Set(chosen.map(({ id }) => id)), onRoot, signal);
  report?.({ kind: 'end', step });
  const { objects, bytes, packs, packBytes, blobs, unneededBytes, unique, together, alone, troubles } = measured;
  const measureOf = (snapshot: Snapshot): SnapshotMeasure => {
    const own = alone.get(snapshot.id);
    return { snapshot, alone: own && held(own), added: addedThen(listed.get(snapshot.id)) };
  };
  return {
    store: { objects, bytes },
    packs: { packs, bytes: packBytes, blobs },
    unneededBytes,
    unique: held(unique),
    together: held(together),
    snapshots: chosen.map(measureOf),
    troubles,
  };
}

function held({ bytes, storedBytes }: HeldBytes): HeldBytes {
  return { bytes, storedBytes };
}

function addedThen(listed: ListedSnapshot | undefined): HeldBytes | undefined {
  const summary = listed?.file?.summary;
  return summary && { bytes: summary.addedBytes, storedBytes: summary.addedPackedBytes };
}

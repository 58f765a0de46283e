import type { Snapshot } from '../../domain/snapshot.ts';
import type { ListedSnapshot, Repository } from '../../repository/repository.ts';
import type { LockedContents } from '../object-lock/locked-contents.ts';
import { isLockedInRepository } from '../object-lock/object-lock-rule.ts';
import { readFacts } from './snapshot-facts.ts';

const ledgerName = 'object-locks';

/** What a repository needs locked. */
export function repositoryLockedContents(repository: Repository): LockedContents {
  const objects = repository.objects();
  let listed: Promise<readonly ListedSnapshot[]> | undefined;
  const list = (signal: AbortSignal | undefined): Promise<readonly ListedSnapshot[]> => (listed ??= repository.listSnapshots(signal));
  return {
    live: (signal) => objects.live(signal),
    neededBy: async (snapshots: readonly Snapshot[], signal) => {
      const trees = new Map((await list(signal)).map(({ id, file }) => [id, file?.tree]));
      const wanted = snapshots.map(({ id }) => ({ id, tree: trees.get(id) }));
      return objects.neededBy(wanted, signal);
    },
    inUse: async (signal) => {
      const used = new Set(await objects.indexed(signal));
      return (key) => used.has(key);
    },
    isLocked: isLockedInRepository,
    newest: async (signal) => {
      // What restic backs up beside us it does not lock.
      const ours = (await list(signal)).flatMap(({ file }) => readFacts(file?.rootcellar)?.time ?? []);
      return ours.length === 0 ? undefined : new Date(Math.max(...ours.map((time) => Date.parse(time))));
    },
    readLedger: (signal) => objects.readNote(ledgerName, signal),
    writeLedger: (bytes) => objects.writeNote(ledgerName, bytes),
  };
}

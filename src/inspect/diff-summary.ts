import type { EntryDifference, SnapshotDifference } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';

/** What two snapshots come to when compared. Bytes are those of files' content. */
export interface DiffSummary {
  readonly filesAdded: number;
  readonly filesRemoved: number;
  /** Of other content, also under a name that has another backup ID in it, or of another type. */
  readonly filesChanged: number;
  /** Of the same content under a name that has another backup ID in it. */
  readonly filesRenamed: number;
  readonly foldersAdded: number;
  readonly foldersRemoved: number;
  /** Folders, links and files of which only permissions or time are others. */
  readonly factsChanged: number;
  /** In the newer, and nowhere in the older. */
  readonly newBytes: number;
  /** In the older, and nowhere in the newer. */
  readonly goneBytes: number;
  /** The rest of the newer, which the older has as well. */
  readonly sharedBytes: number;
}

export function summarizeDifference(after: Snapshot, { entries }: SnapshotDifference): DiffSummary {
  const count = (isCounted: (one: EntryDifference) => boolean): number => entries.filter(isCounted).length;
  const isFolder = (one: EntryDifference): boolean => (one.after ?? one.before)?.type === 'folder';
  const newBytes = entries.reduce((sum, one) => sum + one.newBytes, 0);
  return {
    filesAdded: count((one) => one.change === 'added' && !isFolder(one)),
    filesRemoved: count((one) => one.change === 'removed' && !isFolder(one)),
    filesChanged: count(({ change }) => change === 'content' || change === 'type'),
    filesRenamed: count(({ change }) => change === 'renamed'),
    foldersAdded: count((one) => one.change === 'added' && isFolder(one)),
    foldersRemoved: count((one) => one.change === 'removed' && isFolder(one)),
    factsChanged: count(({ change }) => change === 'facts'),
    newBytes,
    goneBytes: entries.reduce((sum, one) => sum + one.goneBytes, 0),
    sharedBytes: Math.max(0, after.bytes - newBytes),
  };
}

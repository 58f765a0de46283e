import type { ManifestFile, Manifest } from '../domain/manifest.ts';
import type { RecoveryReport } from '../domain/recovery-report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { ByteRange, RangeContent } from '../foundation/byte-ranges.ts';
import type { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { UnfinishedWrite } from '../object-stores/object-store.ts';
import type { ArchiveKeys } from './archive-keys.ts';
import type { ArchivePins } from './archive-pins.ts';
import type { Notes } from './notes.ts';
import type { ArchiveRepairs } from './archive-repairs.ts';
import type { ArchiveLocks } from './archive-locks.ts';
import type { SnapshotCopier } from './snapshot-copier.ts';

/**
 * The port to the place that keeps backup sets. Implementations: `repository-archive` (restic's format) and `plain-archive` (files as they are).
 *
 * A snapshot is listed only after every byte of it was stored and read back from the store's own account of it; a call that
 * rejects or is killed leaves no snapshot, and what it left behind is removed by `prune`.
 */
export interface Archive {
  readonly layout: Layout;
  /** For people: `s3://bucket/path`. */
  readonly location: string;

  /** Whether the files of a manifest given to {@link save} must have their SHA-256; otherwise it is worked out while they are read. */
  readonly needsHashes: boolean;

  /**
   * Makes the archive; resolves to false when it is there already, which is no error.
   *
   * @throws Failure E_ARCHIVE_FOREIGN where an archive of another layout is
   */
  create(options?: OperationContext): Promise<boolean>;

  /** @throws Failure E_ARCHIVE_MISSING (exit code 10) when nothing was made here, E_ARCHIVE_FOREIGN where an archive of another layout is */
  open(options?: OperationContext): Promise<void>;

  /**
   * Stores the files that `manifest` lists from `folder`, then the manifest. Each file is hashed while it is read;
   * one that is not as the manifest says, as far as it says, fails the whole set. `assertHeld` is called right before the snapshot comes to be, and stops
   * it by rejecting: a run that lost its lease must not commit.
   *
   * @throws Failure E_FILE_CHANGED when a file differs from the manifest
   * @throws Failure E_SNAPSHOT_EXISTS when the server has a set of this backup ID already
   */
  save(folder: string, manifest: Manifest, options?: SaveOptions): Promise<SavedSnapshot>;

  /** All snapshots, of one server where it is named, newest first. */
  list(filter?: { readonly server?: string | undefined }, options?: OperationContext): Promise<readonly Snapshot[]>;

  /** The document of one snapshot; for a set without one (state `unlisted`) what can be known from its `backup.info`. */
  manifest(snapshot: Snapshot, options?: OperationContext): Promise<Manifest>;

  /** What lies in a snapshot, by path, a folder before what is in it. Reads no content. A folder that cannot be read says so, and the rest is given. */
  entries(snapshot: Snapshot, options?: OperationContext): Promise<readonly SnapshotEntry[]>;

  /**
   * What differs between two snapshots, told from their hashes: no content is read, and of folders that are the same nothing. The manifests, which always
   * differ, are left out.
   *
   * @throws Failure E_COMPARE_REFUSED when a snapshot has no hashes to compare by
   */
  compare(before: Snapshot, after: Snapshot, options?: OperationContext): Promise<SnapshotDifference>;

  /**
   * Adds up what the archive holds, and what of it the chosen snapshots need. Reads no content. What is damaged is told among the troubles, and counts
   * for nothing.
   */
  measure(chosen: readonly Snapshot[], options?: OperationContext): Promise<ArchiveMeasure>;

  /**
   * The content of one file, of the manifest or of {@link entries}, checked: after the last byte it rejects with E_FILE_DAMAGED when the bytes are not those of the
   * manifest.
   */
  read(snapshot: Snapshot, file: ManifestFile, options?: OperationContext): AsyncIterable<Uint8Array>;

  /**
   * Parts of one file, as {@link read}; `ranges` ascend and are disjoint, and what is given is in their order. A few of them are read by a few requests, and of
   * many neighbours come together. Memory is bounded, but for one range that is larger; who takes them slowly holds the reading back.
   *
   * In the layout repository what is given was checked. In plain it was not, as there is only a hash over all: whoever uses it must have means of his own.
   *
   * @throws Failure E_FILE_DAMAGED, also for a range that goes beyond the file's end
   */
  readRanges(snapshot: Snapshot, file: ManifestFile, ranges: Iterable<ByteRange>, options?: OperationContext): AsyncIterable<RangeContent>;

  /**
   * Writes files of a snapshot, each checked, to where they are wanted; replaces what is there. Only where the layout can do that faster than by
   * {@link read}. Until it has resolved none of them is whole. What a set of `near` has of the content is taken from there, checked, and not
   * from the store; a set that is gone or altered does no harm.
   *
   * @throws Failure E_FILE_DAMAGED
   */
  fetch?(
    snapshot: Snapshot,
    files: readonly FileTarget[],
    options?: OperationContext & { readonly near?: readonly NearSet[] },
  ): Promise<void>;

  /** Compares what is stored with the manifest: every object's presence and size, and every byte of what is to be read. Never rejects for damage. */
  verify(snapshot: Snapshot, read: DataToRead, options?: OperationContext): Promise<readonly Damage[]>;

  /**
   * Looks at every object of the archive itself, also at those from which no snapshot suffers now. Never
   * rejects for damage.
   */
  verifyObjects(read: DataToRead, options?: OperationContext): Promise<readonly ObjectFinding[]>;

  /**
   * The objects in which the content of these snapshots lies, or undefined: of all the archive; each once, in no order. For choosing which of them a
   * verify reads.
   */
  contentObjects(snapshots: readonly Snapshot[] | undefined, options?: OperationContext): Promise<readonly ContentObject[]>;

  /** What puts it right after damage; only where the layout has objects that snapshots share. Nothing has to be opened before. */
  readonly repairs?: ArchiveRepairs;

  /** Keeps the report of a restore or drill beside the snapshot that `report.snapshot` names; from then on a proven one is listed with `provenAt`. */
  saveReport(snapshot: Snapshot, report: RecoveryReport, options?: OperationContext): Promise<void>;

  /** The reports of a snapshot, the newest first. A damaged one says so, and the others are given. */
  reports(snapshot: Snapshot, options?: OperationContext): Promise<readonly StoredReport[]>;

  /** What is kept beside the snapshots, as the layout keeps all it has. @throws as {@link open} */
  notes(options?: OperationContext): Promise<Notes>;

  /** What keeps snapshots from being forgotten. @throws as {@link open} */
  pins(options?: OperationContext): Promise<ArchivePins>;

  /**
   * Drops snapshots, then their reports: the manifest first, so that none is ever listed that is not whole, then what only they hold. Nothing of it where
   * one of them is pinned.
   *
   * @throws Failure E_SNAPSHOT_PINNED
   */
  forget(snapshots: readonly Snapshot[], options?: OperationContext): Promise<void>;

  /** Decides what `prune` would remove: what runs that were killed left behind, older than the grace period. Changes nothing. */
  planPrune(options?: OperationContext): Promise<PrunePlan>;

  /** Removes what the plan lists, after looking again at each. Resolves to the bytes given back. */
  prune(plan: PrunePlan, options?: PruneOptions): Promise<number>;

  /** The passwords that open the archive. Only where the layout has any. @throws as {@link open} */
  keys?(options?: OperationContext): Promise<ArchiveKeys>;

  /** What keeps the archive's objects from being removed (S3 Object Lock). */
  objectLocks(options?: OperationContext): Promise<ArchiveLocks>;

  /** How snapshots of `source` come here as they are stored; undefined where they cannot. */
  copierFrom?(source: Archive): SnapshotCopier | undefined;

  close(): Promise<void>;
}

/** What is kept of one restore or drill. Time, kind and outcome are told by its name, and so also of a damaged one. */
export interface StoredReport extends Pick<RecoveryReport, 'time' | 'kind' | 'outcome'> {
  readonly key: string;
  /** Undefined where it is damaged. */
  readonly report: RecoveryReport | undefined;
  /** One clause: `it cannot be read`. */
  readonly damage: string | undefined;
}

/** A snapshot that was just stored, and what it cost. */
export interface SavedSnapshot extends Snapshot {
  /** How many of its `bytes` the archive did not have yet. */
  readonly newBytes: number;
  /** What the files or packs take that were written for it, compressed and encrypted where the layout does that. */
  readonly storedBytes: number;
}

export interface SaveOptions extends OperationContext {
  readonly assertHeld?: (() => Promise<void>) | undefined;
}

/** Something that lies in a snapshot. A file can be given to {@link Archive.read}. */
export interface SnapshotEntry {
  /** As in the manifest, and below the folder that a fetch writes to; the manifest itself is `manifest.json`, the root (only where it is damaged) empty. */
  readonly path: string;
  /** `other`: a link, a socket, a device, … which a fetch passes over. */
  readonly type: 'file' | 'folder' | 'other';
  /** Of a file; otherwise 0. */
  readonly bytes: number;
  readonly sha256?: string | undefined;
  /** Unix permission bits; only where the layout keeps them. */
  readonly mode?: number | undefined;
  /** RFC 3339, UTC; only where the layout keeps it. */
  readonly modifiedAt?: string | undefined;
  /** One clause, where it is known that it cannot be read: `cannot be read: …`. What is in such a folder is missing from the listing. */
  readonly damage?: string | undefined;
}

export interface SnapshotDifference {
  /** By path. */
  readonly entries: readonly EntryDifference[];
  /** Folders that cannot be read: what differs in them is not known. */
  readonly damages: readonly Damage[];
  /** Only where the layout shares blobs between snapshots: how many each has that the other has not, and how many both have of what had to be read. */
  readonly blobs?: { readonly onlyBefore: BlobTotals; readonly onlyAfter: BlobTotals; readonly both: BlobTotals } | undefined;
}

export interface EntryDifference {
  readonly change: EntryChange;
  /** Undefined where it was added. */
  readonly before: SnapshotEntry | undefined;
  /** Undefined where it was removed. */
  readonly after: SnapshotEntry | undefined;
  /** Bytes of the file that the other snapshot has nowhere: of the layout repository by blobs, of plain by whole files. */
  readonly goneBytes: number;
  readonly newBytes: number;
}

/**
 * `renamed`: the same content under a name that has another backup ID in it; a file of another content under such a name is `content`, as one of the same
 * name is · `type`: a file was made a folder, or the like · `facts`: only permissions or time are others.
 */
export type EntryChange = 'added' | 'removed' | 'content' | 'renamed' | 'type' | 'facts';

/** Different blobs, each counted once: the bytes of their content, and as they lie in packs. */
export interface BlobTotals {
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  readonly bytes: number;
  readonly storedBytes: number;
}

export interface ArchiveMeasure {
  /** Everything that lies in the store. */
  readonly store: { readonly objects: number; readonly bytes: number };
  /** Only where the layout puts blobs into packs. `blobs` are different ones. */
  readonly packs?: { readonly packs: number; readonly bytes: number; readonly blobs: number } | undefined;
  /** What no snapshot of the archive needs, and a prune gives back. */
  readonly unneededBytes: number;
  /** What the chosen snapshots need, what they have in common counted once. */
  readonly unique: HeldBytes;
  /** Of that, what no other snapshot needs: given back if all the chosen were forgotten. */
  readonly together: HeldBytes;
  /** In the order of the chosen. */
  readonly snapshots: readonly SnapshotMeasure[];
  /** One sentence each; where there are any, the figures are not exact. */
  readonly troubles: readonly string[];
}

export interface SnapshotMeasure {
  readonly snapshot: Snapshot;
  /** What no other snapshot needs: given back if only this one were forgotten. Undefined where it cannot be read. */
  readonly alone: HeldBytes | undefined;
  /** What was new when it was archived, as it was written down then; undefined where nobody did. */
  readonly added: HeldBytes | undefined;
}

/** The same content before compression and as it is stored. */
export interface HeldBytes {
  readonly bytes: number;
  readonly storedBytes: number;
}

export interface FileTarget {
  readonly file: ManifestFile;
  /** A path of this machine; its folder is made. */
  readonly target: string;
}

/** A set of the same archive that was fetched or made on this machine. */
export interface NearSet {
  readonly snapshotId: string;
  readonly folder: string;
}

/** What a verify reads: nothing, all, or the objects with these keys. */
export type DataToRead = boolean | ReadonlySet<string>;

export interface ContentObject {
  readonly key: string;
  readonly bytes: number;
  /** 64 hexadecimal digits that stay the same as long as the object is there, evenly spread over all objects. */
  readonly digits: string;
}

export type Layout = 'repository' | 'plain';

export interface Damage {
  readonly snapshot: string;
  readonly path: string;
  /** One clause: `is missing`, `has 12 bytes instead of 40`, `hashes to … instead of …`. */
  readonly finding: string;
  /** The key of the object that does the harm, where the layout shares objects between snapshots; `index/` for whichever index file would list it. */
  readonly object?: string | undefined;
}

/** Something about an object of the archive, whether or not a snapshot suffers. */
export interface ObjectFinding {
  /** Its key. */
  readonly object: string;
  /** One clause. */
  readonly finding: string;
  /** False: nothing is wrong, but somebody may want to know. */
  readonly isDamage: boolean;
  /** The command that puts it right, without the program's name; undefined where none has to. */
  readonly remedy: string | undefined;
  /** An object that holds content and that nothing lists: what is missing elsewhere may lie in it. */
  readonly isUnlisted?: boolean | undefined;
}

export interface PruneOptions extends OperationContext {
  /** Called with each refusal of the store to remove something: it stays, all else goes on, and a later prune tries again. */
  readonly onRefused?: ((refusal: Failure) => void) | undefined;
}

export interface PrunePlan {
  /** Writes that were begun and never ended: parts of uploads, temporary files. */
  readonly unfinishedWrites: readonly UnfinishedWrite[];
  readonly objects: readonly { readonly key: string; readonly bytes: number }[];
  readonly bytes: number;
  /** Leftovers that are still inside the grace period and stay. */
  readonly waiting: number;
}

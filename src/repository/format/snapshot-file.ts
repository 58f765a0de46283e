import { decodeJsonObject, encodeGoJson } from './go-json.ts';
import { decodeMoment, encodeMoment, type Moment } from './go-time.ts';
import { isId, type Id } from './hex-id.ts';
import { damaged } from './repository-failures.ts';

export interface SnapshotSummary {
  readonly backupStart: Moment;
  readonly backupEnd: Moment;
  readonly files: number;
  readonly bytes: number;
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** What was new: before compression, and in packs. */
  readonly addedBytes: number;
  readonly addedPackedBytes: number;
}

export interface SnapshotFile {
  readonly time: Moment;
  readonly parent?: Id | undefined;
  readonly tree: Id;
  readonly paths: readonly string[];
  readonly hostname: string;
  readonly username: string;
  readonly tags: readonly string[];
  readonly original?: Id | undefined;
  readonly programVersion: string;
  readonly summary?: SnapshotSummary | undefined;
  /** The field of our own: any JSON object. restic passes over it, and drops it when it writes the snapshot anew. */
  readonly rootcellar?: Readonly<Record<string, unknown>> | undefined;
}

export function encodeSnapshot(snapshot: SnapshotFile): Buffer {
  const { time, parent, tree, paths, hostname, username, tags, original, programVersion, summary, rootcellar } = snapshot;
  return Buffer.from(
    encodeGoJson({
      time: encodeMoment(time),
      parent,
      tree,
      paths,
      hostname: hostname || undefined,
      username: username || undefined,
      tags: tags.length === 0 ? undefined : tags,
      original,
      program_version: programVersion || undefined,
      summary: summary && summaryFields(summary),
      rootcellar,
    }),
  );
}

function summaryFields(summary: SnapshotSummary): Record<string, unknown> {
  return {
    backup_start: encodeMoment(summary.backupStart),
    backup_end: encodeMoment(summary.backupEnd),
    files_new: summary.files,
    files_changed: 0,
    files_unmodified: 0,
    dirs_new: 0,
    dirs_changed: 0,
    dirs_unmodified: 0,
    data_blobs: summary.dataBlobs,
    tree_blobs: summary.treeBlobs,
    data_added: summary.addedBytes,
    data_added_packed: summary.addedPackedBytes,
    total_files_processed: summary.files,
    total_bytes_processed: summary.bytes,
  };
}

/** @throws Failure E_REPOSITORY_DAMAGED */
export function decodeSnapshot(bytes: Uint8Array, what: string): SnapshotFile {
  const fields = decodeJsonObject(Buffer.from(bytes).toString('utf8'));
  const time = typeof fields?.['time'] === 'string' ? decodeMoment(fields['time']) : undefined;
  const tree = fields?.['tree'];
  if (fields === undefined || time === undefined || typeof tree !== 'string' || !isId(tree)) throw damaged(what, 'it is no snapshot');
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  const id = (name: string): Id | undefined => (isId(text(name)) ? text(name) : undefined);
  return {
    time,
    parent: id('parent'),
    tree,
    paths: textsOf(fields['paths']),
    hostname: text('hostname'),
    username: text('username'),
    tags: textsOf(fields['tags']),
    original: id('original'),
    programVersion: text('program_version'),
    summary: summaryOf(fields['summary'], time),
    rootcellar: objectOf(fields['rootcellar']),
  };
}

function summaryOf(value: unknown, time: Moment): SnapshotSummary | undefined {
  const fields = objectOf(value);
  if (fields === undefined) return undefined;
  const number = (name: string): number => (typeof fields[name] === 'number' ? fields[name] : 0);
  const moment = (name: string): Moment => (typeof fields[name] === 'string' ? decodeMoment(fields[name]) : undefined) ?? time;
  return {
    backupStart: moment('backup_start'),
    backupEnd: moment('backup_end'),
    files: number('total_files_processed'),
    bytes: number('total_bytes_processed'),
    dataBlobs: number('data_blobs'),
    treeBlobs: number('tree_blobs'),
    addedBytes: number('data_added'),
    addedPackedBytes: number('data_added_packed'),
  };
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

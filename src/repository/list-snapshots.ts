import { isFailure, type Failure } from '../foundation/failure.ts';
import type { Documents } from './documents.ts';
import type { Id } from './format/hex-id.ts';
import { shortened } from './format/repository-failures.ts';
import { decodeSnapshot, type SnapshotFile } from './format/snapshot-file.ts';

export interface ListedSnapshot {
  readonly id: Id;
  /** Undefined where it is damaged; `failure` says how. */
  readonly file: SnapshotFile | undefined;
  readonly failure: Failure | undefined;
}

/** All snapshots, damaged ones too, in no order. */
export async function listSnapshots(documents: Documents, signal?: AbortSignal): Promise<ListedSnapshot[]> {
  const ids = (await documents.list('snapshots', signal)).map(({ id }) => id);
  const read = await documents.readAll('snapshots', ids, signal);
  return read.map(([id, content]) => listedOf(id, content));
}

function listedOf(id: Id, content: Uint8Array | Error): ListedSnapshot {
  try {
    if (content instanceof Error) throw content;
    return { id, file: decodeSnapshot(content, `snapshot ${shortened(id)}`), failure: undefined };
  } catch (error) {
    if (isFailure(error)) return { id, file: undefined, failure: error };
    throw error;
  }
}

import { exitCodes, Failure, isFailure } from '../../foundation/failure.ts';
import type { BlobIndex } from '../blob-index.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { Id } from '../format/hex-id.ts';
import { shortened } from '../format/repository-failures.ts';
import type { SnapshotFile } from '../format/snapshot-file.ts';
import { listSnapshots } from '../list-snapshots.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { copyFinder } from './snapshot-copy.ts';

export interface CopiedSnapshot {
  /** In the source. */
  readonly from: Id;
  /** In the target. */
  readonly id: Id;
}

export interface DamagedSnapshot {
  readonly id: Id;
  readonly failure: Failure;
}

export interface WholeSnapshot {
  readonly id: Id;
  readonly file: SnapshotFile;
}

/** Parts the wanted snapshots into those that the target has and those that it lacks, these the oldest first. */
export async function compareSnapshots(
  source: RepositoryCore,
  target: RepositoryCore,
  ids: readonly Id[],
  signal: AbortSignal | undefined,
): Promise<{ readonly present: CopiedSnapshot[]; readonly missing: WholeSnapshot[]; readonly damaged: DamagedSnapshot[] }> {
  const wanted = new Set(ids);
  const listed = (await listSnapshots(source.cachedDocuments, signal)).filter(({ id }) => wanted.has(id));
  const copyOf = copyFinder(await listSnapshots(target.cachedDocuments, signal));
  const present: CopiedSnapshot[] = [];
  const missing: WholeSnapshot[] = [];
  const damaged: DamagedSnapshot[] = [];
  for (const snapshot of listed) {
    const { id, file, failure } = snapshot;
    const known = file === undefined ? undefined : copyOf({ id, file });
    if (known !== undefined) present.push({ from: id, id: known });
    else if (file !== undefined) missing.push({ id, file });
    else if (failure !== undefined) damaged.push({ id, failure });
  }
  return { present, missing: missing.toSorted(oldestFirst), damaged };
}

function oldestFirst(a: WholeSnapshot, b: WholeSnapshot): number {
  return a.file.time.milliseconds - b.file.time.milliseconds || (a.id < b.id ? -1 : 1);
}

export interface SourceParts {
  readonly reader: BlobReader;
  readonly index: BlobIndex;
}

/** After the snapshots were listed: then whatever they name is in the index. */
export async function sourceParts(source: RepositoryCore, signal: AbortSignal | undefined): Promise<SourceParts> {
  source.forgetIndex();
  return { reader: await source.reader(signal), index: (await source.loadedIndex(signal)).blobs };
}

/** Does the work on one snapshot; damage in the source is told, and then it resolves to false; anything else ends all. */
export async function tellingDamage(id: Id, damaged: DamagedSnapshot[], work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isFailure(error, 'E_REPOSITORY_DAMAGED')) throw error;
    const told = new Failure('E_SNAPSHOT_DAMAGED', `Cannot copy snapshot ${shortened(id)}: ${error.message}`, {
      cause: error,
      exitCode: exitCodes.verificationFailed,
      hint: error.hint,
    });
    damaged.push({ id, failure: told });
    return false;
  }
}

import { timingSafeEqual } from 'node:crypto';
import { isFailure } from '../../foundation/failure.ts';
import type { ReportProgress } from '../../foundation/progress.ts';
import { commitSnapshot } from '../commit-snapshot.ts';
import { findMissing } from '../find-missing.ts';
import type { Id } from '../format/hex-id.ts';
import { shortened } from '../format/repository-failures.ts';
import { loadIndexToBuildOn } from '../index-to-build-on.ts';
import { underLock, type Lock } from '../locks.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { packsAtOnce, readingSlabs } from '../pipeline/read-packs.ts';
import { readMarks } from '../prune/marks.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { joinKeyMaterial } from '../sealing/key-material.ts';
import type { SnapshotFinding } from '../verify-snapshot.ts';
import { BlobCarrier, type Carried } from './blob-carrier.ts';
import { missingBlobs } from './missing-blobs.ts';
import { PackSizes, planReads } from './plan-reads.ts';
import { encodeSnapshotCopy } from './snapshot-copy.ts';
import {
  compareSnapshots,
  sourceParts,
  tellingDamage,
  type CopiedSnapshot,
  type DamagedSnapshot,
  type SourceParts,
  type WholeSnapshot,
} from './snapshots-to-copy.ts';

export interface CopyRequest {
  /** Snapshots of the source. */
  readonly ids: readonly Id[];
  /** Called right before each snapshot comes to be; rejects to stop it. */
  readonly assertHeld: () => Promise<void>;
  readonly report?: ReportProgress | undefined;
}

export interface CopyResult {
  /** In the order in which they were copied, the oldest first. */
  readonly copied: readonly CopiedSnapshot[];
  /** Those that the target had already, by whatever ID. */
  readonly present: readonly CopiedSnapshot[];
  readonly damaged: readonly DamagedSnapshot[];
  readonly carried: Readonly<Carried>;
}

/** Smaller ones: the packs that are filled meanwhile lie in memory as well. */
const resealingSlabs = { slabs: packsAtOnce, slabBytes: 8 * 1024 * 1024 };

/** Whether both have the same master keys, so that what is sealed for the one is for the other. */
export function haveSameKeys(a: RepositoryCore, b: RepositoryCore): boolean {
  return timingSafeEqual(joinKeyMaterial(a.opened.keys), joinKeyMaterial(b.opened.keys));
}

/**
 * Copies what the target lacks of these snapshots, one after the other, the oldest first: blobs, index, snapshot. A snapshot that cannot be read whole is
 * told, and the others are copied. Killed anywhere it has copied some of them whole, and can be run again at once; what it stored beyond is used then.
 *
 * Both repositories are locked meanwhile, the source only where the account may write to it.
 *
 * @throws Failure E_REPOSITORY_LOCKED (exit code 11)
 */
export function copySnapshots(
  source: RepositoryCore,
  target: RepositoryCore,
  request: CopyRequest,
  signal: AbortSignal | undefined,
): Promise<CopyResult> {
  const { owner, clock } = target.options;
  const { report } = request;
  const work = (lock: Lock): Promise<CopyResult> => copyUnderLocks(source, target, { ...request, lock }, signal);
  return underReadersLock(source, report, signal, () => underLock(target.documents, false, { owner, clock, signal, report }, work));
}

async function underReadersLock<Result>(
  { documents, options }: RepositoryCore,
  report: ReportProgress | undefined,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  let hasBegun = false;
  const begin = (): Promise<Result> => {
    hasBegun = true;
    return work();
  };
  try {
    return await underLock(documents, false, { owner: options.owner, clock: options.clock, signal, report }, begin);
  } catch (error) {
    if (hasBegun || !isFailure(error, 'E_ACCESS_DENIED')) throw error;
    report?.({ kind: 'note', level: 'info', text: 'the first archive is not locked meanwhile, as this account may not write to it' });
    return work();
  }
}

async function copyUnderLocks(
  source: RepositoryCore,
  target: RepositoryCore,
  request: LockedRequest,
  signal: AbortSignal | undefined,
): Promise<CopyResult> {
  const { present, missing, damaged } = await compareSnapshots(source, target, request.ids, signal);
  const nothing = { readBytes: 0, writtenBytes: 0, blobs: 0 };
  if (missing.length === 0) return { copied: [], present, damaged, carried: nothing };
  const from = await sourceParts(source, signal);
  const areSealedAlike = haveSameKeys(source, target) && target.opened.config.version >= source.opened.config.version;
  const copy = async (pipeline: Pipeline): Promise<CopyResult> => {
    const { copied, carried } = await copyMissing({ source, target, from, missing, damaged, pipeline, areSealedAlike }, request, signal);
    return { copied, present, damaged, carried };
  };
  return source.withReaders(copy, areSealedAlike ? readingSlabs : resealingSlabs);
}

interface LockedRequest extends CopyRequest {
  /** On the target. */
  readonly lock: Lock;
}

interface CopyWork {
  readonly source: RepositoryCore;
  readonly target: RepositoryCore;
  readonly from: SourceParts;
  readonly missing: readonly WholeSnapshot[];
  readonly damaged: DamagedSnapshot[];
  readonly pipeline: Pipeline;
  /** Whether the target can have sealed blobs as they are. */
  readonly areSealedAlike: boolean;
}

async function copyMissing(
  { source, target, from, missing, damaged, pipeline, areSealedAlike }: CopyWork,
  { assertHeld, report, lock }: LockedRequest,
  signal: AbortSignal | undefined,
): Promise<Pick<CopyResult, 'copied' | 'carried'>> {
  const marked = new Set((await readMarks(target.store, target.cipher, signal)).flatMap(({ packs }) => packs));
  const targetIndex = await loadIndexToBuildOn(target, signal);
  const carrier = new BlobCarrier({ source, reader: from.reader, target, targetIndex, pipeline, areSealedAlike, signal });
  const sizes = new PackSizes(from.index);
  // Not under the name of one that a prune has marked and may be about to remove.
  const mayGoWhole = (pack: Id): boolean => areSealedAlike && !marked.has(pack) && !targetIndex.blobs.hasPack(pack);
  const { documents } = target;
  const { graceMilliseconds } = target.options;
  const copied: CopiedSnapshot[] = [];
  for (const { id, file } of missing) {
    signal?.throwIfAborted();
    const step = `copy ${shortened(id)}`;
    let done = 0;
    report?.({ kind: 'begin', step, unit: 'bytes' });
    const isWhole = await tellingDamage(id, damaged, async () => {
      const places = await missingBlobs(file.tree, from, (type, blob) => targetIndex.blobs.has(type, blob), signal);
      const reads = planReads(places, { sizes, mostBytes: pipeline.slabBytes, mayGoWhole });
      const total = reads.reduce((sum, { bytes }) => sum + bytes, 0);
      await carrier.carry(reads, (bytes) => {
        done += bytes;
        report?.({ kind: 'advance', step, done, total });
      });
      await carrier.finish();
      const original = await source.documents.read('snapshots', id, signal).catch(unlessMissing);
      // It was forgotten meanwhile; what went over of it is garbage.
      if (original === undefined) return;
      const document = encodeSnapshotCopy(original, id);
      const whatIsMissing = (): Promise<readonly SnapshotFinding[]> => findMissing(target, file, signal);
      const tools = { documents, lock, graceMilliseconds, findMissing: whatIsMissing, assertHeld, signal };
      copied.push({ from: id, id: await commitSnapshot(document, tools) });
    });
    report?.({ kind: 'end', step, isBad: !isWhole });
  }
  // Also what went over of a snapshot that turned out to be damaged.
  await carrier.finish();
  target.forgetIndex();
  return { copied, carried: carrier.carried };
}

function unlessMissing(error: unknown): undefined {
  if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
}

import { assertAscending, inWindows, readAhead, type ByteRange, type RangeContent } from '../foundation/byte-ranges.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { isFailure } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { BlobIndex, BlobPlace } from './blob-index.ts';
import type { BlobReader } from './blob-reader.ts';
import { cannotHave, readElsewhere } from './fetch-files.ts';
import { blobAt, offsetsOf } from './file-offsets.ts';
import type { Id } from './format/hex-id.ts';
import { shortened } from './format/repository-failures.ts';
import type { KeptBlobs } from './kept-blobs.ts';
import type { BlobToPart, Results } from './pipeline/jobs.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { packsAtOnce, withPackBytes } from './pipeline/read-packs.ts';
import { planStretches, type Stretch } from './plan-stretches.ts';
import type { TreeEntry } from './walk-tree.ts';

export interface RangesContext {
  readonly store: ObjectStore;
  readonly index: BlobIndex;
  readonly reader: BlobReader;
  /** What was read a few at a time before. */
  readonly keptBlobs: KeptBlobs;
  /** Threads are started only where there is much to open. */
  readonly withPipeline: (work: (pipeline: Pipeline) => Promise<void>) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** A blob of which something is wanted. */
interface WantedBlob {
  readonly place: BlobPlace;
  readonly parts: WantedPart[];
}

/** From `at` in the blob's content, to its place. */
interface WantedPart {
  readonly at: number;
  readonly length: number;
  readonly target: Uint8Array;
}

/** Content that waits for who asked; as much again is read ahead. */
const windowBytes = 8 * 1024 * 1024;
/** One thread opens a stretch: with shorter ones all have something to do sooner, and less memory is in use. */
const longestStretchBytes = 4 * 1024 * 1024;
/** So many are opened sooner than threads have started. */
const fewBlobs = 24;
const requestsAtOnce = 8;

/**
 * Parts of a file, in their order. Blobs that lie near each other in a pack come by one request, and where there are many the threads open them; each
 * was checked by its hash.
 *
 * @throws Failure E_FILE_DAMAGED (exit code 20)
 */
export async function* readRanges(
  entry: TreeEntry,
  ranges: Iterable<ByteRange>,
  context: RangesContext,
): AsyncGenerator<RangeContent, void, void> {
  const offsets = offsetsOf(entry, context.index);
  const read = async (window: readonly ByteRange[], signal: AbortSignal): Promise<readonly RangeContent[]> => {
    const contents = window.map((range) => ({ range, content: contentFor(range, entry) }));
    await fill(entry, wantedOf(contents, { entry, offsets, index: context.index }), { ...context, signal });
    return contents;
  };
  yield* readAhead(inWindows(assertAscending(ranges), windowBytes), read, context.signal);
}

function contentFor({ at, bytes }: ByteRange, { path: name, node }: TreeEntry): Uint8Array {
  if (at + bytes > node.size) throw cannotHave(name, `its bytes to ${at + bytes} are asked for and it has ${node.size}`);
  return new Uint8Array(bytes);
}

function wantedOf(
  contents: readonly RangeContent[],
  { entry, offsets, index }: { readonly entry: TreeEntry; readonly offsets: Float64Array; readonly index: BlobIndex },
): readonly WantedBlob[] {
  const wanted = new Map<Id, WantedBlob>();
  for (const { range, content } of contents) {
    for (let done = 0, number = blobAt(offsets, range.at); done < range.bytes; number += 1) {
      const id = entry.node.content[number] ?? '';
      const place = wanted.get(id)?.place ?? index.find('data', id);
      if (place === undefined) throw cannotHave(entry.path, `no index lists its blob ${shortened(id)}`);
      const at = range.at + done - (offsets[number] ?? 0);
      const length = Math.min(range.bytes - done, (offsets[number + 1] ?? 0) - range.at - done);
      const part = { at, length, target: content.subarray(done, done + length) };
      const known = wanted.get(id);
      if (known === undefined) wanted.set(id, { place, parts: [part] });
      else known.parts.push(part);
      done += length;
    }
  }
  return [...wanted.values()];
}

async function fill(entry: TreeEntry, wanted: readonly WantedBlob[], context: RangesContext): Promise<void> {
  const { reader, keptBlobs, withPipeline, signal } = context;
  if (wanted.length > fewBlobs) {
    const stretches = planStretches(wanted, longestStretchBytes);
    await withPipeline(async (pipeline) => {
      await mapConcurrently(stretches, packsAtOnce, (stretch) => fillFromStretch(entry, stretch, { ...context, pipeline }));
    });
    return;
  }
  await mapConcurrently(
    wanted,
    requestsAtOnce,
    async (blob, _index, stop) => {
      try {
        const { id } = blob.place;
        place(await keptBlobs.get(id, () => reader.read('data', id, stop), stop), blob);
      } catch (error) {
        if (isFailure(error, 'E_REPOSITORY_DAMAGED')) throw cannotHave(entry.path, error.message, error);
        throw error;
      }
    },
    signal,
  );
}

async function fillFromStretch(
  entry: TreeEntry,
  stretch: Stretch<WantedBlob>,
  context: RangesContext & { readonly pipeline: Pipeline },
): Promise<void> {
  const { store, pipeline, signal } = context;
  const { packId, offset, length } = stretch;
  const blobs = stretch.blobs.map(({ place: { id, rawLength, length: stored, offset: from }, parts }): BlobToPart => ({
    id,
    rawLength,
    length: stored,
    offset: from - offset,
    parts: parts.map(({ at, length: bytes }) => ({ at, length: bytes })),
  }));
  const read = () =>
    withPackBytes({ store, pipeline }, packId, { range: { offset, length }, signal }, (bytes, _length, transfer) =>
      pipeline.pool.run({ kind: 'read-parts', bytes, blobs }, { transfer }),
    );
  const elsewhere = async (blob: WantedBlob, trouble: string, cause?: unknown): Promise<void> => {
    const content = await readElsewhere(blob.place, context);
    if (content === undefined) throw cannotHave(entry.path, trouble, cause);
    place(content, blob);
  };
  let found: Results['read-parts'];
  try {
    found = await read();
    // What was damaged under way comes whole the second time; what lies damaged in the store does not.
    if (found.findings.length > 0) found = await read();
  } catch (error) {
    if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
    for (const blob of stretch.blobs) await elsewhere(blob, `pack ${shortened(packId)} is missing`, error);
    return;
  }
  let from = 0;
  for (const { target } of stretch.blobs.flatMap(({ parts }) => parts)) {
    target.set(found.bytes.subarray(from, from + target.length));
    from += target.length;
  }
  pipeline.letGo(found.bytes.length);
  for (const { blobId = '', finding } of found.findings) {
    const blob = stretch.blobs.find((one) => one.place.id === blobId);
    if (blob !== undefined) await elsewhere(blob, `blob ${shortened(blobId)} in pack ${shortened(packId)} is damaged: ${finding}`);
  }
}

function place(content: Uint8Array, { parts }: WantedBlob): void {
  for (const { at, length, target } of parts) target.set(content.subarray(at, at + length));
}

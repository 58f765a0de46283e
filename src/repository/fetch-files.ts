import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { exitCodes, Failure, isFailure } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { BlobIndex, BlobPlace } from './blob-index.ts';
import { contentLength } from './format/blob-lengths.ts';
import type { BlobReader } from './blob-reader.ts';
import type { Id } from './format/hex-id.ts';
import { shortened } from './format/repository-failures.ts';
import { NearBlobs, type NearFile } from './near-blobs.ts';
import type { BlobToDecode, Results, WriteTarget } from './pipeline/jobs.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { packsAtOnce, withPackBytes } from './pipeline/read-packs.ts';
import { planStretches, type Stretch } from './plan-stretches.ts';
import type { TreeEntry } from './walk-tree.ts';

export interface FetchContext {
  readonly store: ObjectStore;
  readonly index: BlobIndex;
  /** For blobs that are not where they were looked for first. */
  readonly reader: BlobReader;
  readonly pipeline: Pipeline;
  /** Files of this machine that may have some of the content already. */
  readonly near?: readonly NearFile[] | undefined;
  /** Bytes written, as they come. */
  readonly onWritten: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface FileToFetch {
  readonly entry: TreeEntry;
  /** The file to write; replaced when it is there. */
  readonly target: string;
}

interface WantedBlob {
  readonly place: BlobPlace;
  readonly targets: { file: number; position: number }[];
}

/** Of those that lie on this machine: about 16 MiB. */
const blobsAtOnce = 16;

/**
 * Writes files, and makes the folders they are in: content, permission bits, time of change. Packs are read in parallel and each blob is written where it
 * belongs as soon as it was opened and checked, so files fill up in no order; until this has resolved none of them is whole. They are not forced to the disk:
 * whoever goes on with them after a crash of the machine has to check them.
 *
 * @throws Failure E_FILE_DAMAGED (exit code 20) naming the first file that cannot be had
 */
export async function fetchFiles(files: readonly FileToFetch[], context: FetchContext): Promise<void> {
  const handles: FileHandle[] = [];
  try {
    for (const { entry, target } of files) {
      const { node } = entry;
      await mkdir(path.dirname(target), { recursive: true });
      const handle = await open(target, 'w', node.mode & 0o777);
      handles.push(handle);
      await handle.truncate(node.size);
    }
    const wanted = wantedBlobs(files, context.index);
    const stretches = planStretches(await copyNear(wanted, handles, context));
    await mapConcurrently(stretches, packsAtOnce, (stretch) => fetchStretch(stretch, files, handles, context));
    await mapConcurrently(files, 4, async ({ entry: { node } }, index) => {
      await handles[index]?.chmod(node.mode & 0o777);
      await handles[index]?.utimes(node.modifiedAt.milliseconds / 1000, node.modifiedAt.milliseconds / 1000);
    });
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

function wantedBlobs(files: readonly FileToFetch[], index: BlobIndex): Map<Id, WantedBlob> {
  const wanted = new Map<Id, WantedBlob>();
  for (const [file, { entry }] of files.entries()) {
    const { path: name, node } = entry;
    let position = 0;
    for (const id of node.content) {
      const known = wanted.get(id);
      const place = known?.place ?? index.find('data', id);
      if (place === undefined) throw cannotHave(name, `no index lists its blob ${shortened(id)}`);
      const target = { file, position };
      if (known === undefined) wanted.set(id, { place, targets: [target] });
      else known.targets.push(target);
      position += contentLength(place);
    }
    if (position !== node.size) throw cannotHave(name, `its blobs have ${position} bytes and it has ${node.size}`);
  }
  return wanted;
}

/** Writes what lies on this machine already, each blob checked by its hash, and gives back what has to be fetched. */
async function copyNear(
  wanted: ReadonlyMap<Id, WantedBlob>,
  handles: readonly FileHandle[],
  { near = [], index, pipeline, onWritten, signal }: FetchContext,
): Promise<readonly WantedBlob[]> {
  if (near.length === 0) return [...wanted.values()];
  await using places = await NearBlobs.open(near, index, (id) => wanted.has(id));
  const [there, others] = [[...wanted.values()].filter(({ place }) => places.find(place.id) !== undefined), new Set(wanted.values())];
  const batches = Array.from({ length: Math.ceil(there.length / blobsAtOnce) }, (_none, batch) =>
    there.slice(batch * blobsAtOnce, (batch + 1) * blobsAtOnce),
  );
  await mapConcurrently(
    batches,
    packsAtOnce,
    async (batch) => {
      const blobs = batch.map(({ place, targets }) => {
        const source = places.find(place.id);
        if (source === undefined) throw new Error('a blob that was near is near no more');
        return { id: place.id, length: contentLength(place), source, targets: targets.map((target) => openTarget(target, handles)) };
      });
      const { missing, bytes } = await pipeline.pool.run({ kind: 'copy-blobs', blobs });
      onWritten(bytes);
      for (const blob of batch) if (!missing.includes(blob.place.id)) others.delete(blob);
    },
    signal,
  );
  return [...others];
}

async function fetchStretch(
  stretch: Stretch<WantedBlob>,
  files: readonly FileToFetch[],
  handles: readonly FileHandle[],
  context: FetchContext,
): Promise<void> {
  const { store, pipeline, onWritten, signal } = context;
  const { packId, offset, length } = stretch;
  const elsewhere = async (blob: WantedBlob, trouble: string, cause?: unknown): Promise<void> => {
    const content = await readElsewhere(blob.place, context);
    if (content === undefined) throw cannotHave(files[blob.targets[0]?.file ?? 0]?.entry.path ?? '', trouble, cause);
    for (const { file, position } of blob.targets) await handles[file]?.write(content, 0, content.length, position);
    onWritten(content.length * blob.targets.length);
  };
  const blobs = stretch.blobs.map(({ place, targets }): BlobToDecode => {
    const { id, rawLength } = place;
    return {
      id,
      rawLength,
      length: place.length,
      offset: place.offset - offset,
      targets: targets.map((target) => openTarget(target, handles)),
    };
  });
  const decode = () =>
    withPackBytes({ store, pipeline }, packId, { range: { offset, length }, signal }, (bytes, _length, transfer) =>
      pipeline.pool.run({ kind: 'decode', bytes, blobs }, { transfer }),
    );
  let decoded: Results['decode'];
  try {
    decoded = await decode();
    // What was damaged under way comes whole the second time; what lies damaged in the store does not.
    if (decoded.findings.length > 0) decoded = await decode();
  } catch (error) {
    if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
    for (const blob of stretch.blobs) await elsewhere(blob, `pack ${shortened(packId)} is missing`, error);
    return;
  }
  for (const { blobId = '', finding } of decoded.findings) {
    const blob = stretch.blobs.find(({ place }) => place.id === blobId);
    if (blob !== undefined) await elsewhere(blob, `blob ${shortened(blobId)} in pack ${shortened(packId)} is damaged: ${finding}`);
  }
  onWritten(decoded.bytes);
}

/** A blob that its first place does not have, from another one; undefined when none has it. */
export async function readElsewhere(
  { type, id }: BlobPlace,
  { index, reader, signal }: Pick<FetchContext, 'index' | 'reader' | 'signal'>,
): Promise<Uint8Array | undefined> {
  if (index.findAll(type, id).length < 2) return undefined;
  try {
    return await reader.read(type, id, signal);
  } catch (error) {
    if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return undefined;
    throw error;
  }
}

function openTarget({ file, position }: { file: number; position: number }, handles: readonly FileHandle[]): WriteTarget {
  const handle = handles[file];
  if (handle === undefined) throw new Error(`file ${file} is not open`);
  return { descriptor: handle.fd, position };
}

export function cannotHave(name: string, state: string, cause?: unknown): Failure {
  return new Failure('E_FILE_DAMAGED', `Cannot read ${name}: ${state}`, {
    cause,
    exitCode: exitCodes.verificationFailed,
    hint: 'use another snapshot; "rootcellar verify --read-data" tells which are whole',
  });
}

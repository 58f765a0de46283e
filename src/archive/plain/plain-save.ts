import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { bytesOf, manifestName, type Manifest, type ManifestFile } from '../../domain/manifest.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { Failure, isFailure, messageOf } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { SavedSnapshot, SaveOptions } from '../archive.ts';
import { differenceFrom } from './checked-content.ts';
import { snapshotOf } from './plain-catalog.ts';
import { archivedMark, manifestKey, setPrefix, unfinishedKey } from './plain-keys.ts';
import { encodeStoredManifest } from './stored-manifest.ts';

const filesAtOnce = 4;

/**
 * Writes a set: the mark "unfinished" → every file → a look at what the store holds → the manifest → the mark removed.
 * The manifest makes the set; whatever fails or is killed before it leaves a marked rest, which is removed here or by `prune`.
 */
export async function saveSet(store: ObjectStore, folder: string, manifest: Manifest, options: SaveOptions): Promise<SavedSnapshot> {
  const { server, backupId } = manifest;
  const mark = unfinishedKey(server, backupId);
  await assertFree(store, manifest, options.signal);
  try {
    // Inside: an interrupted request may have reached the store all the same.
    await store.put(mark, new TextEncoder().encode(`${manifest.time}\n`), { signal: options.signal });
    await uploadFiles(store, folder, manifest, options);
    await assertStored(store, manifest, options.signal);
    await options.assertHeld?.();
    const stored = await writeManifest(store, manifest, options.signal);
    await removeMark(store, mark, options);
    const snapshot = snapshotOf(manifest, stored);
    return { ...snapshot, newBytes: snapshot.bytes, storedBytes: snapshot.bytes + stored.length };
  } catch (error) {
    await removeRest(store, manifest, options);
    throw error;
  }
}

async function assertFree(store: ObjectStore, { server, backupId }: Manifest, signal: AbortSignal | undefined): Promise<void> {
  for await (const object of store.list(setPrefix(server, backupId), { signal })) {
    throw new Failure(
      'E_SNAPSHOT_EXISTS',
      `Cannot archive ${server}/${backupId}: ${store.location} has objects of this name already (${object.key})`,
      {
        hint: 'nothing archived is ever overwritten; run the backup again for a new ID, or "rootcellar prune" if a killed run left them',
      },
    );
  }
}

async function uploadFiles(store: ObjectStore, folder: string, manifest: Manifest, options: OperationContext): Promise<void> {
  const step = 'archive';
  let done = 0;
  options.report?.({ kind: 'begin', step, total: bytesOf(manifest), unit: 'bytes' });
  const advance = (bytes: number): void => {
    done += bytes;
    options.report?.({ kind: 'advance', step, done });
  };
  await mapConcurrently(
    manifest.files,
    filesAtOnce,
    (file, _index, signal) => uploadFile(store, folder, manifest, file, signal, advance),
    options.signal,
  );
  options.report?.({ kind: 'end', step });
}

async function uploadFile(
  store: ObjectStore,
  folder: string,
  { server, backupId }: Manifest,
  file: ManifestFile,
  signal: AbortSignal | undefined,
  advance: (bytes: number) => void,
): Promise<void> {
  const key = `${setPrefix(server, backupId)}${file.path}`;
  let counted = 0;
  const open = () => {
    // Tried again: what was counted of the first try comes again.
    advance(-counted);
    counted = 0;
    return unchangedContent(path.join(folder, file.path), file, (bytes) => {
      counted += bytes;
      advance(bytes);
    });
  };
  await store.putStream(key, open, { bytes: file.bytes, signal });
}

/** The file's bytes; rejects before the end of the stream when they are not those the manifest was made from, so that no object comes of it. */
async function* unchangedContent(name: string, file: ManifestFile, advance: (bytes: number) => void): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  let held: Uint8Array | undefined;
  for await (const piece of readPieces(name, file)) {
    if (held !== undefined) yield held;
    held = piece;
    hash.update(piece);
    bytes += piece.length;
    advance(piece.length);
  }
  const difference = differenceFrom(file, bytes, hash.digest('hex'));
  if (difference !== undefined) throw changed(file, `it ${difference}`);
  if (held !== undefined) yield held;
}

async function* readPieces(name: string, file: ManifestFile): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(name, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw changed(file, 'code' in error && error.code === 'ENOENT' ? 'it is gone' : `it cannot be read: ${error.message}`, error);
  }
}

function changed({ path: name }: ManifestFile, state: string, cause?: unknown): Failure {
  return new Failure('E_FILE_CHANGED', `Cannot archive ${name}: it changed after it was checked: ${state}`, {
    cause,
    hint: 'make sure that nothing else writes to the staging folder, then run the backup again',
  });
}

/** Believes the store's own listing, not our memory of what was sent. */
async function assertStored(store: ObjectStore, manifest: Manifest, signal: AbortSignal | undefined): Promise<void> {
  const prefix = setPrefix(manifest.server, manifest.backupId);
  const stored = new Map<string, number>();
  for await (const object of store.list(prefix, { signal })) stored.set(object.key.slice(prefix.length), object.bytes);
  for (const file of manifest.files) {
    const bytes = stored.get(file.path);
    if (bytes === file.bytes) continue;
    throw new Failure(
      'E_STORE_UNFAITHFUL',
      `Cannot archive ${file.path}: ${store.location} ${bytes === undefined ? 'does not list it' : `lists it with ${bytes} bytes instead of ${file.bytes}`} after it was written`,
      {
        retry: 'later',
        hint: 'run the backup again; if it comes back, look at the store ("rootcellar doctor")',
      },
    );
  }
}

async function writeManifest(store: ObjectStore, manifest: Manifest, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(encodeStoredManifest(manifest));
  const key = manifestKey(manifest.server, manifest.backupId);
  await store.put(key, bytes, { signal });
  const stored = await store.get(key, { signal });
  if (Buffer.compare(stored, bytes) === 0) return stored;
  throw new Failure(
    'E_STORE_UNFAITHFUL',
    `Cannot archive ${manifest.server}/${manifest.backupId}: ${store.location} gives back another ${manifestName} than was written`,
    {
      hint: 'run the backup again; if it comes back, look at the store ("rootcellar doctor")',
    },
  );
}

/** The set is whole; a mark that stays (an account that may not delete) does no harm. */
async function removeMark(store: ObjectStore, mark: string, options: OperationContext): Promise<void> {
  try {
    await store.delete([mark]);
  } catch (error) {
    if (!isFailure(error)) throw error;
    options.report?.({ kind: 'note', level: 'info', text: `the mark ${mark} stays, as it could not be removed: ${messageOf(error)}` });
    // Left as it is it would make the set look unfinished, and so prunable, were its manifest ever lost.
    await store.put(mark, new TextEncoder().encode(archivedMark)).catch((second: unknown) => {
      if (!isFailure(second)) throw second;
    });
  }
}

/** Best effort, not bound to the aborted signal; what stays is marked and goes with `prune`. */
async function removeRest(store: ObjectStore, manifest: Manifest, options: OperationContext): Promise<void> {
  const { server, backupId } = manifest;
  const signal = AbortSignal.timeout(10_000);
  try {
    // The manifest first: when it was written but not confirmed, no half set may be listed.
    await store.delete([manifestKey(server, backupId)], { signal });
    const keys: string[] = [];
    for await (const object of store.list(setPrefix(server, backupId), { signal })) keys.push(object.key);
    await store.delete([...keys], { signal });
    await store.delete([unfinishedKey(server, backupId)], { signal });
  } catch {
    options.report?.({
      kind: 'note',
      level: 'warning',
      text: `what was archived of ${server}/${backupId} could not be removed; "rootcellar prune" will`,
    });
  }
}

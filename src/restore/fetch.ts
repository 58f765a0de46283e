import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Archive, NearSet } from '../archive/archive.ts';
import { encodeManifest, manifestName, type Manifest, type ManifestFile } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { exitCodes, Failure, isFailure, messageOf, wrongUsage } from '../foundation/failure.ts';
import { folderTrouble } from '../foundation/folder-trouble.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { formatBytes } from '../foundation/sizes.ts';
import { isFileOf } from '../staging/set-files.ts';

const filesAtOnce = 4;

export interface FetchReport {
  readonly snapshot: Snapshot;
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Bytes that were there already, whole, and were not read again. */
  readonly reusedBytes: number;
}

export interface FetchOptions extends OperationContext {
  /** Whether what is left of a damaged set will do; its files are checked as any. */
  readonly isPartAccepted?: boolean | undefined;
  /** Sets of the same archive on this machine: what they have of the content is not fetched again. */
  readonly near?: readonly NearSet[] | undefined;
  /** Which files; all unless told. */
  readonly isWanted?: ((file: ManifestFile) => boolean) | undefined;
}

/**
 * Writes the files of a snapshot below `folder`, each under a temporary name until its last byte was checked, and the manifest last where
 * the set was made by `backup`. Files of the set that are there and whole are kept, so a fetch that was cut off goes on where it was.
 *
 * @throws Failure E_USAGE when the folder holds other things, E_DISK_FULL, E_FILE_DAMAGED (exit code 20); no unchecked file stays under its name
 */
export async function fetchSet(
  archive: Archive,
  snapshot: Snapshot,
  folder: string,
  { isPartAccepted = false, near = [], isWanted = () => true, ...options }: FetchOptions = {},
): Promise<FetchReport> {
  const manifest = await archive.manifest(snapshot, options);
  if (!isPartAccepted) refuseDamaged(snapshot);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw wrongUsage(`Cannot fetch to ${folder}: ${folderTrouble(error)}`, 'name a folder that can be made or is there');
  });
  await assertNothingElse(folder, manifest);
  const chosen = manifest.files.filter(isWanted);
  const wanted = await missingFiles(folder, chosen, options.signal);
  await assertRoom(folder, wanted);
  const step = 'fetch';
  let done = 0;
  const advance = (bytes: number) => {
    done += bytes;
    options.report?.({ kind: 'advance', step, done });
  };
  options.report?.({ kind: 'begin', step, total: sum(wanted), unit: 'bytes' });
  if (archive.fetch === undefined) await fetchOneByOne(archive, snapshot, { folder, wanted, advance }, options);
  else await fetchTogether(archive.fetch.bind(archive), snapshot, { folder, wanted }, { ...options, near });
  if (manifest.origin === 'backup') {
    await fetchFile([new TextEncoder().encode(encodeManifest(manifest))], path.join(folder, manifestName), options.signal);
  }
  options.report?.({ kind: 'end', step });
  const bytes = sum(chosen);
  return { snapshot, folder, files: chosen.length, bytes, reusedBytes: bytes - sum(wanted) };
}

interface WantedFiles {
  readonly folder: string;
  readonly wanted: readonly ManifestFile[];
}

async function fetchOneByOne(
  archive: Archive,
  snapshot: Snapshot,
  { folder, wanted, advance }: WantedFiles & { readonly advance: (bytes: number) => void },
  options: OperationContext,
): Promise<void> {
  const fetchOne = (file: ManifestFile, _index: number, signal: AbortSignal): Promise<void> => {
    const content = (count: (bytes: number) => void) => counted(archive.read(snapshot, file, { ...options, signal }), count);
    return fetchChecked(content, path.join(folder, file.path), advance, signal);
  };
  await mapConcurrently(wanted, filesAtOnce, fetchOne, options.signal);
}

/** All files at once, as the archive does it fastest; none gets its name before all were checked. */
async function fetchTogether(
  fetch: NonNullable<Archive['fetch']>,
  snapshot: Snapshot,
  { folder, wanted }: WantedFiles,
  options: OperationContext & { readonly near: readonly NearSet[] },
): Promise<void> {
  const targets = wanted.map((file) => ({ file, target: path.join(folder, `${file.path}${temporaryEnding}`) }));
  try {
    // What an earlier fetch left goes, and a link that somebody put there is not followed.
    for (const { target } of targets) await rm(target, { force: true });
    await fetch(snapshot, targets, options);
    for (const { target } of targets) await rename(target, withoutTemporaryEnding(target));
  } catch (error) {
    for (const { target } of targets) await rm(target, { force: true }).catch(() => undefined);
    options.signal?.throwIfAborted();
    const isOfSystem = error instanceof Error && 'syscall' in error;
    throw isOfSystem
      ? cannotWrite(folder, error, 'make room and run the command again; what is whole already is not fetched again')
      : error;
  }
}

function refuseDamaged({ state, server, backupId, remarks }: Snapshot): void {
  if (state !== 'damaged') return;
  throw new Failure('E_SNAPSHOT_DAMAGED', `Cannot fetch ${server}/${backupId}: ${remarks.join('; ')}`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'use another snapshot; "rootcellar verify" tells which are whole, and fetch --partial takes what is left of a damaged one',
  });
}

async function assertNothingElse(folder: string, manifest: Manifest): Promise<void> {
  const expected = new Set([...manifest.files.map((file) => file.path), manifestName]);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const name = path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/');
    if (entry.isDirectory() || expected.has(name) || expected.has(withoutTemporaryEnding(name))) continue;
    throw wrongUsage(
      `Cannot fetch to ${folder}: it holds ${name}, which is not of this snapshot`,
      'name an empty folder, or one that an earlier fetch of this snapshot began',
    );
  }
}

async function missingFiles(
  folder: string,
  files: readonly ManifestFile[],
  signal: AbortSignal | undefined,
): Promise<readonly ManifestFile[]> {
  const isThere = await mapConcurrently(files, 2, async (file) => {
    const name = path.join(folder, file.path);
    const size = await stat(name).then(
      (found) => found.size,
      () => undefined,
    );
    return size === file.bytes && isFileOf(name, file, signal);
  });
  return files.filter((_file, index) => !isThere[index]);
}

async function assertRoom(folder: string, wanted: readonly ManifestFile[]): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= sum(wanted)) return;
  throw new Failure(
    'E_DISK_FULL',
    `Cannot fetch to ${folder}: it needs ${formatBytes(sum(wanted))}, and ${formatBytes(bavail * bsize)} are free`,
    {
      hint: 'make room, or name a folder on a larger volume',
    },
  );
}

/** Reads a damaged file once more, as it may have been damaged under way; what is damaged in the archive is so again. */
async function fetchChecked(
  read: (count: (bytes: number) => void) => AsyncIterable<Uint8Array>,
  name: string,
  advance: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let counted = 0;
  const fetchOnce = () =>
    fetchFile(
      read((bytes) => {
        counted += bytes;
        advance(bytes);
      }),
      name,
      signal,
    );
  try {
    await fetchOnce();
  } catch (error) {
    if (!isFailure(error, 'E_FILE_DAMAGED')) throw error;
    advance(-counted);
    await fetchOnce();
  }
}

async function fetchFile(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const temporary = `${name}${temporaryEnding}`;
  try {
    await mkdir(path.dirname(name), { recursive: true });
    // What an earlier fetch left goes, and a link that somebody put there is not followed.
    await rm(temporary, { force: true });
    // Opened before anything is read: a stream that opens it could do so still when all has failed and what is there was removed.
    const file = await open(temporary, 'wx', 0o640);
    await pipeline(content, file.createWriteStream({ flush: true }));
    await rename(temporary, name);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    signal?.throwIfAborted();
    throw isFailure(error) ? error : cannotWrite(name, error, 'make room and run the command again; it goes on where it was');
  }
}

function cannotWrite(name: string, error: unknown, hintWhenFull: string): Failure {
  const { code } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const state = isFull ? 'the volume is full' : messageOf(error);
  return new Failure(isFull ? 'E_DISK_FULL' : 'E_FETCH_FAILED', `Cannot write ${name}: ${state}`, {
    cause: error,
    hint: isFull ? hintWhenFull : 'see that the folder can be written, then run the command again',
  });
}

const temporaryEnding = '.rootcellar-partial';

function withoutTemporaryEnding(name: string): string {
  return name.endsWith(temporaryEnding) ? name.slice(0, -temporaryEnding.length) : name;
}

async function* counted(content: AsyncIterable<Uint8Array>, advance: (bytes: number) => void): AsyncIterable<Uint8Array> {
  for await (const piece of content) {
    advance(piece.length);
    yield piece;
  }
}

function sum(files: readonly ManifestFile[]): number {
  return files.reduce((total, file) => total + file.bytes, 0);
}

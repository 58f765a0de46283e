import { createHash } from 'node:crypto';
import type { ManifestFile } from '../../domain/manifest.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { ContentObject, Damage, DataToRead } from '../archive.ts';
import { differenceFrom } from './checked-content.ts';
import type { CatalogEntry } from './plain-catalog.ts';

const filesAtOnce = 4;

/** Compares each object of a set with its manifest: presence and size, and every byte of what is to be read. */
export async function verifySet(
  store: ObjectStore,
  entry: CatalogEntry,
  read: DataToRead,
  options: OperationContext,
): Promise<readonly Damage[]> {
  const { snapshot, manifest, keyOf } = entry;
  if (manifest === undefined || snapshot.state === 'damaged') {
    return snapshot.remarks.map((remark) => ({ snapshot: snapshot.id, path: '', finding: remark }));
  }
  const step = `verify ${snapshot.server}/${snapshot.backupId}`;
  let done = 0;
  options.report?.({
    kind: 'begin',
    step,
    total: read === true ? snapshot.bytes : manifest.files.length,
    unit: read === true ? 'bytes' : 'objects',
  });
  const findings = await mapConcurrently(manifest.files, filesAtOnce, async (file) => {
    const advance = (amount: number) => {
      done += amount;
      options.report?.({ kind: 'advance', step, done });
    };
    const isRead = typeof read === 'boolean' ? read : read.has(keyOf(file.path));
    const finding = isRead
      ? await readTwice(
          (count) => readFinding(store, keyOf(file.path), file, count, options.signal),
          read === true ? advance : () => undefined,
        )
      : await headFinding(store, keyOf(file.path), file, options.signal);
    if (read !== true) advance(1);
    return finding === undefined ? [] : [{ snapshot: snapshot.id, path: file.path, finding }];
  });
  const damages = findings.flat();
  const found = damages.length > 0 && ({ note: `${damages.length} of ${manifest.files.length} files damaged`, isBad: true } as const);
  options.report?.({ kind: 'end', step, ...found });
  return damages;
}

/** The files of these sets, each object once. */
export function contentObjectsOf(catalog: readonly CatalogEntry[]): ContentObject[] {
  const objects = new Map<string, ContentObject>();
  for (const { manifest, keyOf } of catalog) {
    for (const { path, bytes } of manifest?.files ?? []) {
      const key = keyOf(path);
      objects.set(key, { key, bytes, digits: createHash('sha256').update(key).digest('hex') });
    }
  }
  return [...objects.values()];
}

/** What was damaged under way is whole the second time; the archive is called damaged only for what is so twice. */
async function readTwice(
  read: (count: (bytes: number) => void) => Promise<string | undefined>,
  advance: (bytes: number) => void,
): Promise<string | undefined> {
  return (await read(advance)) === undefined ? undefined : read(() => undefined);
}

async function headFinding(
  store: ObjectStore,
  key: string,
  file: ManifestFile,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const info = await store.head(key, { signal });
  return info === undefined ? 'is missing' : differenceFrom(file, info.bytes, undefined);
}

async function readFinding(
  store: ObjectStore,
  key: string,
  file: ManifestFile,
  advance: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of store.getStream(key, { signal })) {
      hash.update(piece);
      bytes += piece.length;
      advance(piece.length);
    }
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return 'is missing';
    if (isFailure(error, 'E_OBJECT_DAMAGED')) return 'does not have the checksum that the store keeps of it';
    throw error;
  }
  return differenceFrom(file, bytes, hash.digest('hex'));
}

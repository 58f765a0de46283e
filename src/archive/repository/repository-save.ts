import path from 'node:path';
import { bytesOf, encodeManifest, manifestName, type Manifest } from '../../domain/manifest.ts';
import { Failure } from '../../foundation/failure.ts';
import type { Moment, Repository, SavedFile, SavedFiles, SnapshotFile } from '../../repository/repository.ts';
import type { SaveOptions } from '../archive.ts';
import { differenceFrom } from '../plain/checked-content.ts';
import type { KnownMembers } from './known-members.ts';
import { factsOf } from './snapshot-facts.ts';

/** Stores a set and its manifest as one snapshot, which comes to be last. */
export async function saveSnapshot(
  repository: Repository,
  folder: string,
  manifest: Manifest,
  { now, report, signal, assertHeld, known }: SaveOptions & { readonly now: () => Date; readonly known: KnownMembers },
): Promise<{ readonly id: string; readonly file: SnapshotFile; readonly saved: SavedFiles }> {
  const step = 'archive';
  const began = momentOf(now());
  const expected = new Map(manifest.files.map((file) => [file.path, file]));
  let done = 0;
  report?.({ kind: 'begin', step, total: bytesOf(manifest), unit: 'bytes' });
  const stored = await repository
    .save(
      {
        files: manifest.files.map((file) => ({
          path: file.path,
          from: path.join(folder, file.path),
          // A pass of hashing of its own, on one core: only for what was hashed before.
          isHashed: file.sha256 !== undefined,
          stretches: known.stretchesOf(file),
        })),
        onRead: (bytes) => {
          done += bytes;
          report?.({ kind: 'advance', step, done });
        },
        onFile: (saved) => {
          const file = expected.get(saved.path);
          const difference = file && differenceFrom(file, saved.bytes, saved.sha256);
          if (difference !== undefined) throw changed(saved.path, difference);
        },
        lastFile: (files) => ({ path: manifestName, from: Buffer.from(encodeManifest(withHashes(manifest, files))) }),
        describe: (saved) => snapshotFile(manifest, saved, { began, ended: momentOf(now()) }),
        assertHeld: async () => assertHeld?.(),
      },
      { signal },
    )
    .catch((error: unknown) => {
      throw explained(error, folder);
    });
  report?.({ kind: 'end', step });
  return stored;
}

/** Files that come without hashes get those of what was stored. */
function withHashes(manifest: Manifest, saved: readonly SavedFile[]): Manifest {
  const byPath = new Map(saved.map((file) => [file.path, file]));
  return {
    ...manifest,
    files: manifest.files.map(({ path: name, bytes, sha256, members }) => {
      const file = byPath.get(name);
      const hash = sha256 ?? file?.sha256;
      return {
        path: name,
        bytes,
        ...(members !== undefined && { members }),
        ...(hash === undefined ? { pieces: file?.pieces } : { sha256: hash }),
      };
    }),
  };
}

function snapshotFile(manifest: Manifest, saved: SavedFiles, { began, ended }: { began: Moment; ended: Moment }): SnapshotFile {
  return {
    time: momentOf(new Date(manifest.time)),
    tree: saved.tree,
    paths: [`/${manifest.server}`],
    hostname: manifest.server,
    username: '',
    tags: manifest.backends.map(({ id }) => id),
    programVersion: manifest.program,
    summary: {
      backupStart: began,
      backupEnd: ended,
      files: saved.files.length,
      bytes: saved.files.reduce((sum, { bytes }) => sum + bytes, 0),
      dataBlobs: saved.added.data.blobs,
      treeBlobs: saved.added.tree.blobs,
      addedBytes: saved.added.data.bytes + saved.added.tree.bytes,
      addedPackedBytes: saved.added.data.packedBytes + saved.added.tree.packedBytes,
    },
    rootcellar: factsOf(manifest),
  };
}

function momentOf(date: Date): Moment {
  return { milliseconds: date.getTime(), nanoseconds: 0 };
}

/** A file that was there when it was checked and cannot be opened or read any more. */
function explained(error: unknown, folder: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'path' in error && typeof error.path === 'string')) return error;
  if (!error.path.startsWith(`${folder}${path.sep}`)) return error;
  const isGone = 'code' in error && error.code === 'ENOENT';
  return changed(path.relative(folder, error.path), isGone ? 'is gone' : `cannot be read: ${error.message}`, error);
}

function changed(name: string, difference: string, cause?: unknown): Failure {
  return new Failure('E_FILE_CHANGED', `Cannot archive ${name}: it changed after it was checked: it ${difference}`, {
    cause,
    hint: 'make sure that nothing else writes to the staging folder, then run the backup again',
  });
}

import { manifestName, type Manifest } from '../../domain/manifest.ts';
import { exitCodes, isFailure, messageOf } from '../../foundation/failure.ts';
import type { Repository, SnapshotFile, TreeEntry } from '../../repository/repository.ts';
import type { SnapshotEntry } from '../archive.ts';
import { byPath } from '../entry-paths.ts';
import { findManifest } from './foreign-snapshot.ts';

/** What lies in a snapshot, by the paths of its manifest. */
export async function listEntries(
  repository: Repository,
  file: SnapshotFile,
  signal: AbortSignal | undefined,
): Promise<readonly SnapshotEntry[]> {
  const walked = await repository.walk(file, signal);
  const damages = new Map(walked.unreadable.map(({ path, reason }) => [path, damageOf(reason)]));
  const { prefix, manifest, damage } = await readManifest(repository, walked.entries, signal);
  if (damage !== undefined) damages.set(manifestName, damage);
  const hashes = new Map(manifest?.files.map(({ path, sha256 }) => [`${prefix}${path}`, sha256]));
  const entries = walked.entries
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, node }): SnapshotEntry => ({
      ...entryOf(path.slice(prefix.length), node),
      sha256: hashes.get(path),
      damage: damages.get(path),
    }));
  const rootDamage = damages.get('');
  if (rootDamage !== undefined) entries.push({ path: '', type: 'folder', bytes: 0, damage: rootDamage });
  return entries.sort(byPath);
}

export function entryOf(path: string, node: TreeEntry['node']): SnapshotEntry {
  return {
    path,
    type: node.type === 'file' ? 'file' : node.type === 'dir' ? 'folder' : 'other',
    bytes: node.type === 'file' ? node.size : 0,
    mode: node.mode & 0o777,
    modifiedAt: new Date(node.modifiedAt.milliseconds).toISOString(),
  };
}

async function readManifest(
  repository: Repository,
  entries: readonly TreeEntry[],
  signal: AbortSignal | undefined,
): Promise<{ readonly prefix: string; readonly manifest?: Manifest | undefined; readonly damage?: string }> {
  try {
    return await findManifest(repository, entries, signal);
  } catch (error) {
    if (!isFailure(error) || error.exitCode !== exitCodes.verificationFailed) throw error;
    return { prefix: '', damage: damageOf(error) };
  }
}

function damageOf(reason: unknown): string {
  return `cannot be read: ${messageOf(reason)}`;
}

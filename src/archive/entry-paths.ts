import type { ManifestFile } from '../domain/manifest.ts';
import type { SnapshotEntry } from './archive.ts';

/** Orders by path: names by their bytes as far as they are ASCII, and a folder right before what is in it. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  const [left, right] = [sortable(a.path), sortable(b.path)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The files with the folders that their paths tell of, by path. */
export function withFolders(files: readonly ManifestFile[]): SnapshotEntry[] {
  const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  const entries: SnapshotEntry[] = files.map(({ path, bytes, sha256 }) => ({ path, type: 'file', bytes, sha256 }));
  for (const path of folders) entries.push({ path, type: 'folder', bytes: 0 });
  return entries.sort(byPath);
}

/** `a/b/c` → `a`, `a/b`. */
function foldersAbove(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** A separator comes before every character of a name. */
function sortable(path: string): string {
  return path.replaceAll('/', '\0');
}

import type { SnapshotEntry } from '../archive/archive.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';

/**
 * The entries at these paths and below them, in their order, and damaged folders above them; all when no path is given. A path may be written with
 * slashes around it.
 *
 * @throws Failure E_PATH_UNKNOWN when there is nothing at a path; `name` is the snapshot's
 */
export function selectEntries(entries: readonly SnapshotEntry[], paths: readonly string[], name: string): readonly SnapshotEntry[] {
  const wanted = paths.map(withoutSlashes);
  const concerns = (entry: SnapshotEntry, path: string): boolean => isAtOrBelow(entry.path, path) || hides(entry, path);
  for (const path of wanted) if (!entries.some((entry) => concerns(entry, path))) throw unknownPath(path, name);
  return wanted.length === 0 ? entries : entries.filter((entry) => wanted.some((path) => concerns(entry, path)));
}

/**
 * The one file at a path.
 *
 * @throws Failure E_PATH_UNKNOWN when there is nothing, E_NOT_A_FILE when it is something else, E_FILE_DAMAGED (exit code 20) when its folder cannot be read
 */
export function findFile(entries: readonly SnapshotEntry[], wanted: string, name: string): SnapshotEntry {
  const path = withoutSlashes(wanted);
  const entry = entries.find((one) => one.path === path);
  if (entry?.type === 'file') return entry;
  if (entry !== undefined) throw notFile(entry, name);
  const damaged = entries.find((one) => hides(one, path));
  if (damaged === undefined) throw unknownPath(path, name);
  throw new Failure('E_FILE_DAMAGED', `Cannot read ${path} of ${name}: its folder /${damaged.path} ${damaged.damage}`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'use another snapshot; "rootcellar verify" tells which are whole',
  });
}

function isAtOrBelow(path: string, wanted: string): boolean {
  return wanted === '' || path === wanted || path.startsWith(`${wanted}/`);
}

/** Whether it is a damaged folder in which the path may be. */
function hides({ type, path, damage }: SnapshotEntry, wanted: string): boolean {
  return damage !== undefined && type === 'folder' && isAtOrBelow(wanted, path);
}

function withoutSlashes(path: string): string {
  return path.replaceAll(/^(?:\.?\/)+|^\.$|\/+$/g, '');
}

function unknownPath(path: string, name: string): Failure {
  return new Failure('E_PATH_UNKNOWN', `Cannot find ${path || '/'} in ${name}: there is nothing of this name`, {
    hint: 'run "rootcellar ls" with the snapshot alone to see what is there',
  });
}

function notFile({ path, type }: SnapshotEntry, name: string): Failure {
  const kind = type === 'folder' ? 'a folder' : 'a link, or another thing without content of its own';
  return new Failure('E_NOT_A_FILE', `Cannot read ${path || '/'} of ${name}: it is ${kind}`, {
    hint: 'run "rootcellar ls" to see the files',
  });
}

import { decodeManifest, manifestName, type Manifest } from '../../domain/manifest.ts';
import type { Repository, SnapshotFile, TreeEntry } from '../../repository/repository.ts';

/** A snapshot's files and its manifest, as far as it has one. */
export interface SnapshotContents {
  /** What comes before a path of the manifest: empty, or ends with `/`. */
  readonly prefix: string;
  /** Files only, by their path in the snapshot. */
  readonly files: ReadonlyMap<string, TreeEntry>;
  readonly manifest: Manifest;
  /** Why some folders cannot be read; what is in them is missing from `files`. */
  readonly unreadable: readonly Error[];
}

/**
 * Reads what a snapshot holds. The manifest lies at its root, or in the one folder that the paths of a backup by restic lead to; without
 * one it is made from what is there, which must then be all.
 *
 * @throws Failure E_REPOSITORY_DAMAGED (exit code 20)
 */
export async function readContents(
  repository: Repository,
  id: string,
  file: SnapshotFile,
  signal: AbortSignal | undefined,
): Promise<SnapshotContents> {
  const { entries, unreadable } = await repository.walk(file, signal);
  const { prefix, files, manifest } = await findManifest(repository, entries, signal);
  const reasons = unreadable.map(({ reason }) => reason);
  if (manifest !== undefined) return { prefix, files, manifest, unreadable: reasons };
  if (reasons[0] !== undefined) throw reasons[0];
  return { prefix, files, manifest: manifestFromTree(id, file, files), unreadable: [] };
}

/** What of a snapshot can be said from these entries of it: without a manifest the paths are those of the snapshot. */
export async function findManifest(
  repository: Repository,
  entries: readonly TreeEntry[],
  signal: AbortSignal | undefined,
): Promise<Pick<SnapshotContents, 'prefix' | 'files'> & { readonly manifest: Manifest | undefined }> {
  const files = new Map(entries.filter(({ node }) => node.type === 'file').map((entry) => [entry.path, entry]));
  const prefix = commonFolder(entries);
  const found = files.get(`${prefix}${manifestName}`);
  const manifest = found === undefined ? undefined : await readManifest(repository, found, signal);
  return { prefix: manifest === undefined ? '' : prefix, files, manifest };
}

/** The folder in which all lies: as long as there is just one entry and that is a folder. */
function commonFolder(entries: readonly TreeEntry[]): string {
  let prefix = '';
  for (;;) {
    const below = entries.filter(({ path }) => path.startsWith(prefix) && path.length > prefix.length);
    const here = below.filter(({ path }) => !path.slice(prefix.length).includes('/'));
    const [only] = here;
    if (here.length !== 1 || only?.node.type !== 'dir') return prefix;
    prefix = `${only.path}/`;
  }
}

async function readManifest(repository: Repository, { node }: TreeEntry, signal: AbortSignal | undefined): Promise<Manifest | undefined> {
  const text = Buffer.concat(await Array.fromAsync(repository.read(node, signal))).toString('utf8');
  const manifest = decodeManifest(text);
  return 'invalid' in manifest ? undefined : manifest;
}

function manifestFromTree(id: string, file: SnapshotFile, files: ReadonlyMap<string, TreeEntry>): Manifest {
  return {
    version: 1,
    backupId: id.slice(0, 12),
    time: new Date(file.time.milliseconds).toISOString(),
    server: file.hostname === '' ? 'unknown' : file.hostname,
    origin: 'archive',
    program: file.programVersion === '' ? 'restic' : file.programVersion,
    backends: [],
    files: [...files.values()].map(({ path, node }) => ({ path, bytes: node.size })),
  };
}

import type { Manifest } from '../../domain/manifest.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { ListedSnapshot, ObjectFinding, SnapshotFile, TreeEntry } from '../../repository/repository.ts';
import { readFacts } from './snapshot-facts.ts';

/** A tag for whoever looks with restic, and for us where restic dropped our own field. */
export const damagedTag = 'damaged';

/** A snapshot of which nothing is known but that it cannot be read. */
export function damagedSnapshot(id: string, remark: string): Snapshot {
  return {
    id,
    time: new Date(0).toISOString(),
    server: 'unknown',
    backupId: id.slice(0, 12),
    backends: [],
    bytes: 0,
    state: 'damaged',
    remarks: [remark],
  };
}

/** What the manifest names and the tree has not, or of another size, each in one clause. */
export function missingFiles(
  manifest: Manifest,
  files: ReadonlyMap<string, TreeEntry>,
  prefix: string,
): { readonly path: string; readonly finding: string }[] {
  return manifest.files.flatMap(({ path, bytes }) => {
    const found = files.get(`${prefix}${path}`);
    if (found?.node.size === bytes) return [];
    const finding = found === undefined ? 'is in the manifest and not in the snapshot' : `has ${found.node.size} bytes instead of ${bytes}`;
    return [{ path, finding }];
  });
}

/**
 * Snapshots that restic wrote anew, without what was damaged, still have the manifest of the whole: such a one must not pass for complete.
 */
export function asDamagedByOthers(snapshot: Snapshot, missing: readonly { readonly path: string }[], { tags }: SnapshotFile): Snapshot {
  if (missing.length > 0) {
    const remark = `${missing.length} of the files of its manifest are not in it or are cut off: ${missing
      .slice(0, 3)
      .map(({ path }) => path)
      .join(', ')}`;
    return { ...snapshot, state: 'damaged', remarks: [remark] };
  }
  if (snapshot.state === 'damaged' || !tags.includes(damagedTag)) return snapshot;
  return { ...snapshot, state: 'damaged', remarks: [`it has the tag ${damagedTag}`] };
}

/** The snapshots, of which those whose rest was saved are damaged, whatever they say of themselves. */
export function withRests(snapshots: readonly Snapshot[], listed: readonly ListedSnapshot[]): readonly Snapshot[] {
  const rests = new Map(
    listed.flatMap(({ id, file }) => {
      const restOf = readFacts(file?.rootcellar)?.restOf;
      return restOf === undefined ? [] : [[restOf, id] as const];
    }),
  );
  return snapshots.map((snapshot) => {
    const rest = rests.get(snapshot.id);
    if (rest === undefined || snapshot.state === 'damaged') return snapshot;
    return {
      ...snapshot,
      state: 'damaged',
      remarks: [`files of it were lost in the archive; what is left is snapshot ${rest.slice(0, 12)}`],
    };
  });
}

/** Of a whole set that no snapshot names. */
export function unnamedFinding(tree: string, { server, backupId }: Manifest): ObjectFinding {
  return {
    object: `tree ${tree}`,
    finding: `is the root of the whole set ${server}/${backupId}, and no snapshot names it: it was lost, or another program forgot it, or a run was killed just before its end`,
    isDamage: false,
    remedy: 'repair snapshots --recover',
  };
}

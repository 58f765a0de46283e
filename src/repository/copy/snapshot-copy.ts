import type { ListedSnapshot } from '../list-snapshots.ts';
import { decodeJsonObject, encodeGoJson } from '../format/go-json.ts';
import { isId, type Id } from '../format/hex-id.ts';
import { damaged, shortened } from '../format/repository-failures.ts';
import type { SnapshotFile } from '../format/snapshot-file.ts';

/**
 * The document of a snapshot as another repository has it: every field as it is, also those that we do not know, but `original` names where it
 * came from first, and `parent`, which means nothing there, is left out. restic's `copy` does the same, and so takes it for a copy.
 *
 * @throws Failure E_REPOSITORY_DAMAGED for what is no snapshot
 */
export function encodeSnapshotCopy(document: Uint8Array, id: Id): Buffer {
  const fields = decodeJsonObject(Buffer.from(document).toString('utf8'));
  if (fields === undefined) throw damaged(`snapshot ${shortened(id)}`, 'it is no snapshot');
  const { parent: _parent, original, ...others } = fields;
  return Buffer.from(encodeGoJson({ ...others, original: typeof original === 'string' && isId(original) ? original : id }));
}

/** Tells of snapshots whether a repository that has `present` has them already: one of the same origin, moment and tree. */
export function copyFinder(
  present: readonly ListedSnapshot[],
): (snapshot: { readonly id: Id; readonly file: SnapshotFile }) => Id | undefined {
  const copies = new Map<string, Id>();
  for (const { id, file } of present) if (file !== undefined) copies.set(identityOf(id, file), id);
  return ({ id, file }) => copies.get(identityOf(id, file));
}

function identityOf(id: Id, { original, time, tree }: SnapshotFile): string {
  return `${original ?? id} ${tree} ${time.milliseconds} ${time.nanoseconds}`;
}

import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { nearestNames } from './nearest-entries.ts';
import type { SnapshotExports } from '../exports/snapshot-exports.ts';

/** The failure E_ENTRY_UNKNOWN of a DN that a snapshot has not, with the names that are nearest to it. */
export async function entryUnknown(one: SnapshotExports, dn: string, options: OperationContext): Promise<Failure> {
  const { server, backupId } = one.snapshot;
  const isCovered = one.exports.some((exported) => exported.covers(dn));
  const bases = one.exports.flatMap(({ file }) => file.baseDns);
  const near = isCovered ? await nearestNames(one, dn, options) : [];
  const state = isCovered ? 'no entry has this name' : `it has the entries below ${bases.map((base) => `"${base}"`).join(', ')}`;
  return new Failure('E_ENTRY_UNKNOWN', `Cannot find "${dn}" in ${server}/${backupId}: ${state}`, {
    exitCode: exitCodes.failure,
    hint: near.length === 0 ? `look for it with "rootcellar entry find"` : `did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`,
  });
}

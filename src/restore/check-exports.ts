import path from 'node:path';
import { digestRule, entryDigest, EntryTotals } from '../domain/entry-digest.ts';
import type { ManifestBackend } from '../domain/manifest.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { readExport } from '../staging/read-export.ts';

/**
 * Reads every entry of the exports in a fetched set, before a server is asked to put them in the place of what it has: they must be as many as the manifest says, and the
 * same. Memory holds one piece of the file.
 *
 * @throws Failure E_LDIF_INVALID, E_FILE_DAMAGED (exit code 20)
 */
export async function checkExports(setFolder: string, backends: readonly ManifestBackend[], options: OperationContext): Promise<void> {
  for (const { id, export: exported } of backends) {
    if (exported === undefined) continue;
    const step = `check the export of "${id}"`;
    options.report?.({ kind: 'begin', step });
    const totals = new EntryTotals();
    for await (const batch of readExport(path.join(setFolder, exported.path), options.signal)) {
      for (const entry of batch) totals.add(entryDigest(entry));
    }
    const isComparable = exported.digest.startsWith(`${digestRule}-`);
    if (totals.entries !== exported.entries || (isComparable && totals.digest !== exported.digest)) {
      throw new Failure(
        'E_FILE_DAMAGED',
        `Cannot restore backend "${id}" from ${exported.path}: it has ${totals.entries} entries, and not the ${exported.entries} that were exported`,
        { exitCode: exitCodes.verificationFailed, hint: 'use another snapshot; "rootcellar verify" tells which are whole' },
      );
    }
    options.report?.({ kind: 'end', step, note: `${totals.entries} entries` });
  }
}

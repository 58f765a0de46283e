import path from 'node:path';
import { entryDigest, EntryTotals } from '../domain/entry-digest.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import { EntryIndexBuilder } from '../domain/entry-index-builder.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { readExportBatches } from '../staging/read-export.ts';
import { makeSharedFolder, type RunFolder, writeStaged } from '../staging/staging.ts';

/** Where the exports lie inside a set: `export/userRoot.ldif`. By the name's end the archive knows to cut them where entries end. */
export const exportFolder = 'export';

/** What is behind an export's name in that of its index. */
const indexEnding = '.index';

/** What the export of one backend was found to hold. */
export interface StagedExport {
  /** Inside the set. */
  readonly path: string;
  readonly entries: number;
  readonly digest: string;
  /** Inside the set: by it single entries are found. */
  readonly index: string;
}

export interface ExportToStage {
  readonly server: Pick<DirectoryServer, 'exportLdif'>;
  readonly backend: string;
  readonly maxMegabytesPerSecond?: number | undefined;
}

/**
 * Has the server export all entries of one backend into the set, and reads every one of them: their number must be the one that the server says it wrote. The
 * index of them is written beside it.
 *
 * @throws Failure of the server's task, E_STAGING_NOT_SHARED when the file is not there or cannot be read, E_BACKUP_INCOMPLETE when it is no whole export,
 * E_DISK_FULL
 */
export async function stageExport(request: ExportToStage, run: RunFolder, options: OperationContext): Promise<StagedExport> {
  const { server, backend, maxMegabytesPerSecond } = request;
  const folder = await makeSharedFolder(run, exportFolder);
  const name = `${backend}.ldif`;
  const outcome = await server.exportLdif(
    { backend, ldifFile: path.posix.join(folder.serverFolder, name), maxMegabytesPerSecond },
    options,
  );
  const step = `check the export of "${backend}"`;
  options.report?.({ kind: 'begin', step });
  const { totals, index } = await readWhole(path.join(folder.folder, name), backend, options.signal);
  const said = saidBy(outcome.log);
  if (said !== undefined && (said.skipped > 0 || said.exported !== totals.entries)) {
    throw incomplete(
      backend,
      `the server says that it exported ${said.exported} entries and skipped ${said.skipped}, and ${totals.entries} are there`,
    );
  }
  if (said === undefined && totals.entries === 0) throw incomplete(backend, 'it has no entry');
  await writeStaged(path.join(folder.folder, name + indexEnding), index.finish());
  options.report?.({ kind: 'end', step, note: `${totals.entries} entries` });
  const exported = path.posix.join(exportFolder, name);
  return { path: exported, entries: totals.entries, digest: totals.digest, index: exported + indexEnding };
}

async function readWhole(
  file: string,
  backend: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly totals: EntryTotals; readonly index: EntryIndexBuilder }> {
  const [totals, index] = [new EntryTotals(), new EntryIndexBuilder()];
  try {
    for await (const batch of readExportBatches(file, signal)) {
      for (const entry of batch.entries) totals.add(entryDigest(entry));
      index.take(batch);
    }
    return { totals, index };
  } catch (error) {
    if (isFailure(error, 'E_LDIF_INVALID')) throw incomplete(backend, error.message, error);
    throw error;
  }
}

/** `Exported 56 entries and skipped 0 in 0 seconds`: so both products write it. */
function saidBy(log: readonly string[]): { readonly exported: number; readonly skipped: number } | undefined {
  const line = log.findLast((one) => /Exported \d+ entries and skipped \d+/.test(one));
  const [, exported, skipped] = /Exported (\d+) entries and skipped (\d+)/.exec(line ?? '') ?? [];
  return exported === undefined ? undefined : { exported: Number(exported), skipped: Number(skipped) };
}

function incomplete(backend: string, state: string, cause?: Failure): Failure {
  return new Failure('E_BACKUP_INCOMPLETE', `Cannot use the export of ${backend}: ${state}`, {
    cause,
    hint: "nothing was archived; look at the server's error log, then run the backup again",
  });
}

import { createReadStream } from 'node:fs';
import { type LdifBatch, type LdifEntry, readLdifBatches } from '../domain/read-ldif.ts';
import { Failure, messageOf } from '../foundation/failure.ts';

/**
 * Reads an LDIF file that the server was told to write into the staging folder, or that a set has.
 *
 * @throws Failure E_STAGING_NOT_SHARED when it is not there or may not be read, E_LDIF_INVALID (exit code 20)
 */
export async function* readExport(file: string, signal?: AbortSignal): AsyncGenerator<readonly LdifEntry[], void, void> {
  for await (const { entries } of readExportBatches(file, signal)) if (entries.length > 0) yield entries;
}

/** As {@link readExport}, with the file's bytes and where its entries lie in it. */
export async function* readExportBatches(file: string, signal?: AbortSignal): AsyncGenerator<LdifBatch, void, void> {
  try {
    yield* readLdifBatches(createReadStream(file), { name: file, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new Failure('E_STAGING_NOT_SHARED', `Cannot read the export ${file}: ${messageOf(error)}`, {
      cause: error,
      hint: 'a server may write exports for its own user alone: run rootcellar as the same user, or set backup.export to false and do without the proof of every entry',
    });
  }
}

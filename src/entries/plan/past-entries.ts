import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { EntriesPast } from './entry-plan.ts';
import { entryByName, entryByUuid } from '../look/find-by-name.ts';
import { allOf, type ExportedEntries } from '../exports/exported-entries.ts';

/** The entries of a snapshot, for a plan: each is found by the indexes of its exports. */
export function pastEntries(exports: readonly ExportedEntries[], { signal }: OperationContext): EntriesPast {
  return {
    byName: (dn) => entryByName({ exports }, dn, { signal }),
    byUuid: (uuid) => entryByUuid({ exports }, uuid, { signal }),
  };
}

export interface AllEntriesOptions extends OperationContext {
  /** Of blocks of which it says that they cannot hold what is looked for, no entry is given, and none is parsed. */
  readonly mayHold?: ((content: Uint8Array) => boolean) | undefined;
}

/** Every entry of a snapshot, with a step that tells how far it is. */
export async function* allEntries(
  exports: readonly ExportedEntries[],
  step: string,
  { signal, report, mayHold = () => true }: AllEntriesOptions,
): AsyncGenerator<readonly LdifEntry[]> {
  report?.({ kind: 'begin', step, total: exports.reduce((sum, { file }) => sum + file.bytes, 0), unit: 'bytes' });
  let done = 0;
  for (const one of exports) {
    for await (const read of one.read(allOf(await one.blocks()), { signal })) {
      if (mayHold(read.content)) yield one.parse(read);
      done += read.block.bytes;
      report?.({ kind: 'advance', step, done });
    }
  }
  report?.({ kind: 'end', step });
}

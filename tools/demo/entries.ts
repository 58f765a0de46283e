import { type EntryDifferences, type EntryDigests, readEntryDigests } from '../../test/harness/directory-entries.ts';
import type { Stage } from './stage.ts';

/** Every entry, with all attributes but those named. */
export function readEntries({ directory }: Stage, leftOut: readonly string[] = []): Promise<EntryDigests> {
  return directory.connect().then(async (client) => {
    try {
      return await readEntryDigests(client, directory.baseDn, { leftOut });
    } finally {
      await client.unbind();
    }
  });
}

export function inWords({ equal, changed, missing, added }: EntryDifferences): string {
  return `${equal.toLocaleString('en')} equal, ${changed.length} different, ${missing.length} missing, ${added.length} that were not there`;
}

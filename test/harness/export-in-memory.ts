import { buildEntryIndex } from '../../src/domain/entry-index.ts';
import { BlockCache } from '../../src/entries/exports/block-cache.ts';
import { ExportedEntries } from '../../src/entries/exports/exported-entries.ts';

/** The bytes of which blocks were asked for. */
export interface ReadCount {
  bytes: number;
}

/** An LDIF text as the export of a backend `userRoot` with the base DN `dc=example,dc=com`. */
export async function exportInMemory(text: string, count: ReadCount = { bytes: 0 }): Promise<ExportedEntries> {
  const file = Buffer.from(text, 'utf8');
  const index = await buildEntryIndex(inPieces(file), { name: 'the export' });
  return new ExportedEntries(
    {
      name: 'the export',
      backend: 'userRoot',
      baseDns: ['dc=example,dc=com'],
      entries: index.entries,
      bytes: file.length,
      readRanges: async function* (ranges) {
        for (const range of ranges) {
          count.bytes += range.bytes;
          yield { range, content: Uint8Array.from(file.subarray(range.at, range.at + range.bytes)) };
        }
      },
    },
    index,
    new BlockCache(),
  );
}

async function* inPieces(file: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += 50_000) yield file.subarray(at, at + 50_000);
}

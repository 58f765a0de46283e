import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Archive, SavedSnapshot } from '../../src/archive/archive.ts';
import { EntryIndexBuilder } from '../../src/domain/entry-index-builder.ts';
import { entryDigest, EntryTotals } from '../../src/domain/entry-digest.ts';
import { readLdifBatches } from '../../src/domain/read-ldif.ts';
import { makeSet } from './example-set.ts';

export interface ExportedSet {
  readonly backupId: string;
  readonly ldif: string;
  /** Whether the export has its index beside it; unless told it has. */
  readonly hasIndex?: boolean;
}

const name = 'export/userRoot.ldif';

/** Archives a set of server `prod` that has the export of a backend `userRoot` with the base DN `dc=example,dc=com`, made below `home`. */
export async function saveExportedSet(
  archive: Archive,
  home: string,
  { backupId, ldif, hasIndex = true }: ExportedSet,
): Promise<SavedSnapshot> {
  const folder = path.join(home, `set-${backupId}`);
  await mkdir(folder, { recursive: true });
  const { totals, index } = await read(ldif);
  const indexName = `${name}.index`;
  const manifest = await makeSet(folder, backupId, {
    'userRoot/backup.info': 'x',
    [name]: ldif,
    ...(hasIndex ? { [indexName]: index } : {}),
  });
  const exported = {
    path: name,
    entries: totals.entries,
    digest: totals.digest,
    began: manifest.time,
    ended: manifest.time,
    ...(hasIndex ? { index: indexName } : {}),
  };
  const backends = manifest.backends.map((backend) => ({
    ...backend,
    baseDns: [{ dn: 'dc=example,dc=com', entries: totals.entries }],
    export: exported,
  }));
  return archive.save(folder, { ...manifest, backends });
}

async function read(ldif: string): Promise<{ readonly totals: EntryTotals; readonly index: Uint8Array }> {
  const totals = new EntryTotals();
  const builder = new EntryIndexBuilder();
  for await (const batch of readLdifBatches(inOnePiece(ldif), { name })) {
    builder.take(batch);
    for (const entry of batch.entries) totals.add(entryDigest(entry));
  }
  return { totals, index: Buffer.concat(builder.finish()) };
}

async function* inOnePiece(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'utf8');
}

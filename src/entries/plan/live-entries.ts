import { bytesOf } from '../../domain/byte-text.ts';
import { escapeFilterValue } from '../../domain/filter/parse-filter.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { DirectoryServer } from '../../directory-servers/directory-server.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { EntriesNow } from './entry-plan.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';

const readsAtOnce = 32;
const uuidsAtOnce = 50;
const searchesAtOnce = 4;

/** The entries of the running server, below these base DNs, for a plan. */
export function liveEntries(
  server: Pick<DirectoryServer, 'readEntry' | 'findEntries'>,
  baseDns: readonly string[],
  { signal }: OperationContext,
): EntriesNow {
  const options = { signal };
  let bases: Promise<readonly string[]> | undefined;
  return {
    read: (dns) => mapConcurrently(dns, readsAtOnce, (dn) => server.readEntry(dn, options), signal),
    findByUuid: async (uuids) => {
      const found = new Map<string, LdifEntry>();
      bases ??= those(server, baseDns, options);
      const there = await bases;
      const searches = chunksOf(uuids).flatMap((some) => there.map((baseDn) => ({ baseDn, filter: filterOf(some) })));
      await mapConcurrently(
        searches,
        searchesAtOnce,
        async ({ baseDn, filter }) => {
          for await (const entries of server.findEntries({ baseDn, scope: 'sub', filter }, options)) {
            for (const entry of entries) found.set(uuidOf(entry) ?? '', entry);
          }
        },
        signal,
      );
      return found;
    },
    below: async function* (dn) {
      if ((await server.readEntry(dn, options)) === undefined) return;
      yield* server.findEntries({ baseDn: dn, scope: 'sub' }, options);
    },
  };
}

/** The bases that are there: that of a backend may be what was deleted. */
async function those(
  server: Pick<DirectoryServer, 'readEntry'>,
  baseDns: readonly string[],
  options: OperationContext,
): Promise<readonly string[]> {
  const there = await Promise.all(baseDns.map(async (dn) => (await server.readEntry(dn, options)) !== undefined));
  return baseDns.filter((_, index) => there[index]);
}

function chunksOf(uuids: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(uuids.length / uuidsAtOnce);
  return Array.from({ length: count }, (_, index) => uuids.slice(index * uuidsAtOnce, (index + 1) * uuidsAtOnce));
}

/** By an index that both products have of themselves. */
function filterOf(uuids: readonly string[]): string {
  return `(|${uuids.map((uuid) => `(entryUUID=${escapeFilterValue(bytesOf(uuid))})`).join('')})`;
}

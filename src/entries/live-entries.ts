import { bytesOf } from '../domain/byte-text.ts';
import { escapeFilterValue } from '../domain/filter/parse-filter.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { EntriesNow } from './entry-plan.ts';
import { uuidOf } from './entry-words.ts';

const readsAtOnce = 32;
const uuidsAtOnce = 50;

/** The entries of the running server, below these base DNs, for a plan. */
export function liveEntries(
  server: Pick<DirectoryServer, 'readEntry' | 'findEntries'>,
  baseDns: readonly string[],
  { signal }: OperationContext,
): EntriesNow {
  const options = { signal };
  return {
    read: (dns) => mapConcurrently(dns, readsAtOnce, (dn) => server.readEntry(dn, options), signal),
    findByUuid: async (uuids) => {
      const found = new Map<string, LdifEntry>();
      for (let at = 0; at < uuids.length; at += uuidsAtOnce) {
        const filter = `(|${uuids
          .slice(at, at + uuidsAtOnce)
          .map((uuid) => `(entryUUID=${escapeFilterValue(bytesOf(uuid))})`)
          .join('')})`;
        for (const baseDn of await those(server, baseDns, options)) {
          for await (const entries of server.findEntries({ baseDn, scope: 'sub', filter }, options)) {
            for (const entry of entries) found.set(uuidOf(entry) ?? '', entry);
          }
        }
      }
      return found;
    },
    below: async function* (dn) {
      if ((await server.readEntry(dn, options)) === undefined) return;
      yield* server.findEntries({ baseDn: dn, scope: 'sub', filter: '(|(objectClass=*)(objectClass=ldapSubentry))' }, options);
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

// node ldap-in-cluster.ts, in a cluster's network: does what standard input says (JSON) and prints the entries found.
import { json } from 'node:stream/consumers';
import { Client } from 'ldapts';
import type { LdapWork } from './directory-client.ts';

const { url, bindDn, password, add, remove, search } = (await json(process.stdin)) as LdapWork;
const client = new Client({ url, connectTimeout: 5000, timeout: 20_000 });
try {
  await client.bind(bindDn, password);
  for (const { dn, attributes } of add ?? []) await client.add(dn, { ...attributes });
  for (const dn of remove ?? []) await client.del(dn);
  const found =
    search === undefined
      ? []
      : (await client.search(search.base, { scope: 'sub', filter: search.filter, attributes: search.attributes ?? ['*'] })).searchEntries;
  process.stdout.write(JSON.stringify(found));
} finally {
  await client.unbind();
}

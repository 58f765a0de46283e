import { Control } from 'ldapts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { LdapSession, RawEntry } from './ldap-session.ts';

const entriesOfPage = 500;

/**
 * "Real attributes only", of the Netscape family of servers (OpenDJ and PingDirectory list it in `supportedControl`): no virtual attribute, whatever the
 * server has configured. Not critical: a server without it gives more, which the digest of an entry leaves out as far as it is known.
 */
const realAttributesOnly = new Control('2.16.840.1.113730.3.4.17', { critical: false });

/** Reads all entries at and below `baseDn`, those that searches hide (password policies kept as subentries) included, as an export has them. */
export async function* readAllEntries(
  session: LdapSession,
  baseDn: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly LdifEntry[], void, void> {
  const request = {
    base: baseDn,
    scope: 'sub',
    filter: '(|(objectClass=*)(objectClass=ldapSubentry))',
    attributes: ['*', '+'],
    entriesOfPage,
    controls: [realAttributesOnly],
  } as const;
  for await (const page of session.searchPages(request, signal)) yield page.map(asLdifEntry);
}

function asLdifEntry({ dn, attributes }: RawEntry): LdifEntry {
  const [names, values]: [string[], string[]] = [[], []];
  for (const [name, found] of attributes) {
    for (const value of found) {
      names.push(name);
      values.push(value.toString('latin1'));
    }
  }
  return { dn, names, values };
}

import { Control } from 'ldapts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { FindEntries } from './entry-changes.ts';
import { type LdapSession, type RawEntry, everyEntry, hasResult, resultCodes } from './ldap-session.ts';

const entriesOfPage = 500;

/**
 * "Real attributes only", of the Netscape family of servers (OpenDJ and PingDirectory list it in `supportedControl`): no virtual attribute, whatever the
 * server has configured. Not critical: a server without it gives more, which the digest of an entry leaves out as far as it is known.
 */
const realAttributesOnly = new Control('2.16.840.1.113730.3.4.17', { critical: false });

/** ManageDsaIT (RFC 3296): a referral is an entry like any other, and not the way to another server. */
const manageDsaIt = new Control('2.16.840.1.113730.3.4.2', { critical: false });

/**
 * Reads the entries that match, page by page, as an export has them: every real attribute, those of the server itself included, referrals as the entries they are, and
 * those that searches hide (password policies kept as subentries). Rejects when the base is absent.
 */
export async function* findAllEntries(
  session: LdapSession,
  { baseDn, scope, filter = '(objectClass=*)' }: FindEntries,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly LdifEntry[], void, void> {
  const request = {
    base: baseDn,
    scope,
    // The second half says what the first does, of subentries.
    filter: filter === '(objectClass=*)' ? everyEntry : `(|${filter}(&${filter}(objectClass=ldapSubentry)))`,
    attributes: ['*', '+'],
    entriesOfPage,
    controls: [realAttributesOnly, manageDsaIt],
  } as const;
  for await (const page of session.searchPages(request, signal)) yield page.map(asLdifEntry);
}

/** One entry as {@link findAllEntries} has it; undefined where there is none, or none that the account may see. */
export async function readOneEntry(session: LdapSession, dn: string, signal: AbortSignal | undefined): Promise<LdifEntry | undefined> {
  const found = await session.readRaw(dn, [realAttributesOnly, manageDsaIt], signal).catch((error: unknown) => {
    if (hasResult(error, resultCodes.noSuchObject)) return undefined;
    throw error;
  });
  return found === undefined ? undefined : asLdifEntry(found);
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

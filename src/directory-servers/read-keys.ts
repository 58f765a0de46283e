import type { EncryptionKeys } from '../domain/encryption-keys.ts';
import { isFailure } from '../foundation/failure.ts';
import type { LdapEntry, LdapSession } from './ldap-session.ts';

const secretKeysDn = 'cn=secret keys,cn=admin data';

/**
 * The cipher keys of an OpenDJ server (5.0.3, tried): each is an entry below `cn=secret keys,cn=admin data`, wrapped for the servers of its topology by
 * the key pair in their `config/ads-truststore`. They are in no backup, and a server that lacks the key cannot restore what another encrypted with it.
 */
export async function readCipherKeys(session: LdapSession, signal?: AbortSignal): Promise<EncryptionKeys> {
  const attributes = ['objectClass', 'ds-cfg-key-id'];
  const entries = await session.search({ base: secretKeysDn, scope: 'sub', attributes }, signal).catch((error: unknown) => {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return [];
    throw error;
  });
  // An account that may not see the keys may not see the entry above them either.
  if (entries.length === 0) return { isKnown: false, reason: `the account does not see ${secretKeysDn}` };
  return { isKnown: true, keys: entries.flatMap(cipherKey) };
}

function cipherKey(entry: LdapEntry): { id: string; isPreferred: boolean }[] {
  const id = entry.value('ds-cfg-key-id');
  const isCipherKey = entry.values('objectClass').some((name) => name.toLowerCase() === 'ds-cfg-cipher-key');
  return id === undefined || !isCipherKey ? [] : [{ id: id.toLowerCase(), isPreferred: false }];
}

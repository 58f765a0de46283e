import { bytesOf } from '../../src/domain/byte-text.ts';
import type { LdifEntry } from '../../src/domain/read-ldif.ts';
import type { ChangeAbilities } from '../../src/directory-servers/entry-changes.ts';

type Attributes = Readonly<Record<string, string | readonly string[]>>;

const kept = { isKept: true, how: 'a control' } as const;

/** A server that takes everything as it was. */
export const allKept: ChangeAbilities = {
  serverAttributes: { add: kept, modify: kept },
  storedPasswords: { add: kept, modify: kept },
  maxRequestBytes: undefined,
};

export function exampleEntry(dn: string, attributes: Attributes = {}): LdifEntry {
  const pairs = Object.entries(attributes).flatMap(([name, values]) => [values].flat().map((value) => [name, bytesOf(value)] as const));
  return { dn, names: pairs.map(([name]) => name), values: pairs.map(([, value]) => value) };
}

/** Its `entryUUID` is `id-` and the uid. */
export function personEntry(uid: string, parent: string, more: Attributes = {}): LdifEntry {
  const attributes = { objectClass: ['top', 'person'], uid, sn: uid, entryUUID: `id-${uid}`, modifyTimestamp: '20260101000000Z' };
  return exampleEntry(`uid=${uid},${parent}`, { ...attributes, ...more });
}

export function unitEntry(ou: string, parent: string): LdifEntry {
  return exampleEntry(`ou=${ou},${parent}`, { objectClass: 'organizationalUnit', ou, entryUUID: `id-${ou}` });
}

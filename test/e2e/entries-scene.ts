import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Attribute, Change, type Client } from 'ldapts';
import { compareEntries, type EntryDifferences, type EntryDigests, manageDsaIt, readEntryDigests } from '../harness/directory-entries.ts';
import type { OpendjServer } from '../harness/opendj.ts';
import { type Scene, setScene } from './main-job-scene.ts';

export interface EntriesScene extends Scene {
  /** Bound as the directory manager for as long as the scene stands. */
  readonly client: Client;
  /** DNs of entries of the kinds that readers and writers go wrong with. */
  readonly dns: SceneDns;
  /** Every entry with every attribute but those named, referrals too. */
  entries(leftOut?: readonly string[]): Promise<EntryDigests>;
}

export interface SceneOptions {
  /** Of the large group; 5000 unless told. */
  readonly members?: number;
  /** False: as OpenDJ comes, which takes no password in its stored form from a client. */
  readonly takesStoredPasswords?: boolean;
}

export type SceneDns = Readonly<Record<keyof ReturnType<typeof dnsBelow>, string>>;

/** What an OpenDJ sets itself whenever an entry is written: no comparison of what came back can count it. */
export const setByOpendj = ['modifyTimestamp', 'modifiersName', 'etag'] as const;

/**
 * A real OpenDJ with 300 people and, beside them, groups (one with `members` of them), binary values, language tags, a photo of 1 MB, names that are not ASCII
 * or escaped, names of many parts, an alias, a referral and branches in branches.
 */
export async function setEntriesScene({ members = 5000, takesStoredPasswords = true }: SceneOptions = {}): Promise<EntriesScene> {
  const scene = await setScene(300);
  const client = await scene.directory.connect();
  const dns = dnsBelow(scene.directory.baseDn);
  await takeStoredPasswords(client, takesStoredPasswords);
  await fill(scene.directory, client, dns, members);
  return {
    ...scene,
    client,
    dns,
    entries: (leftOut = []) => readEntryDigests(client, scene.directory.baseDn, { leftOut, isReferralShown: true }),
    [Symbol.asyncDispose]: async () => {
      await client.unbind();
      await scene[Symbol.asyncDispose]();
    },
  };
}

/** By the password policy that everybody has. */
export async function takeStoredPasswords(client: Client, isAllowed: boolean): Promise<void> {
  await replaceValues(client, 'cn=Default Password Policy,cn=Password Policies,cn=config', 'ds-cfg-allow-pre-encoded-passwords', [
    `${isAllowed}`,
  ]);
}

function dnsBelow(base: string) {
  const europe = `ou=Europe,ou=Regions,${base}`;
  return {
    people: `ou=People,${base}`,
    groups: `ou=Groups,${base}`,
    admins: `cn=admins,ou=Groups,${base}`,
    editors: `cn=editors,ou=Groups,${base}`,
    large: `cn=large,ou=Groups,${base}`,
    regions: `ou=Regions,${base}`,
    europe,
    germany: `ou=Germany,${europe}`,
    accented: `cn=Zoë Müller-Åström,ou=Žluťoučký kůň,ou=Regions,${base}`,
    accentedBranch: `ou=Žluťoučký kůň,ou=Regions,${base}`,
    escaped: `cn=Doe\\, Jane \\+ \\"Co\\"\\; \\<a\\>\\=\\\\,ou=Germany,${europe}`,
    hash: `cn=\\#hash\\20,ou=Germany,${europe}`,
    manyParts: `cn=Multi Part+uid=multi.1,ou=Germany,${europe}`,
    photo: `uid=photo.1,ou=Germany,${europe}`,
    alias: `cn=alias of admins,ou=Regions,${base}`,
    referral: `ou=Elsewhere,ou=Regions,${base}`,
  };
}

const personClasses = ['top', 'person', 'organizationalPerson', 'inetOrgPerson'];

async function fill(directory: OpendjServer, client: Client, dns: SceneDns, members: number): Promise<void> {
  const member = (number: number): string => `uid=user.${number},${dns.people}`;
  const group = (count: number, step: number): string[] => Array.from({ length: count }, (_, at) => member((at * step) % 300));
  for (const [dn, name] of [
    [dns.regions, 'Regions'],
    [dns.europe, 'Europe'],
    [dns.germany, 'Germany'],
    [dns.accentedBranch, 'Žluťoučký kůň'],
  ] as const)
    await client.add(dn, { objectClass: ['top', 'organizationalUnit'], ou: name });
  await addPeople(directory, client, dns);
  await client.add(dns.admins, {
    objectClass: ['top', 'groupOfNames'],
    cn: 'admins',
    member: [...group(20, 7), dns.escaped, dns.accented],
  });
  await client.add(dns.editors, {
    objectClass: ['top', 'groupOfUniqueNames'],
    cn: 'editors',
    uniqueMember: [...group(30, 3), dns.manyParts],
  });
  // Who is in a large group need not be there: the server does not look.
  const many = Array.from({ length: members }, (_, at) => member(at));
  await client.add(dns.large, { objectClass: ['top', 'groupOfUniqueNames'], cn: 'large', uniqueMember: many });
  await client.add(dns.alias, {
    objectClass: ['top', 'alias', 'extensibleObject'],
    cn: 'alias of admins',
    aliasedObjectName: dns.admins,
  });
  await client.add(
    dns.referral,
    {
      objectClass: ['top', 'referral', 'extensibleObject'],
      ou: 'Elsewhere',
      ref: 'ldap://elsewhere.example.com/ou=Elsewhere,dc=example,dc=com',
    },
    manageDsaIt(),
  );
}

async function addPeople(directory: OpendjServer, client: Client, dns: SceneDns): Promise<void> {
  const certificate = new X509Certificate(await readFile(directory.caFile)).raw;
  await client.add(dns.accented, {
    objectClass: personClasses,
    cn: 'Zoë Müller-Åström',
    sn: 'Müller-Åström',
    'sn;lang-ja': '東京',
    'description;lang-de': ['Größe', 'Maß'],
    'description;lang-en': ' begins and ends with a blank ',
    userPassword: 'a password of Zoë',
  });
  await client.add(dns.escaped, { objectClass: personClasses, cn: 'Doe, Jane + "Co"; <a>=\\', sn: 'Doe', manager: dns.accented });
  await client.add(dns.hash, { objectClass: personClasses, cn: '#hash ', sn: 'Hash', seeAlso: [dns.escaped, dns.admins] });
  await client.add(dns.manyParts, { objectClass: personClasses, cn: 'Multi Part', uid: 'multi.1', sn: 'Part', secretary: dns.hash });
  await client.add(dns.photo, [
    ...Object.entries({ objectClass: personClasses, uid: ['photo.1'], cn: ['Photo'], sn: ['Photo'] }).map(([type, values]) =>
      attribute(type, values),
    ),
    attribute('jpegPhoto', [Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(1024 * 1024)])]),
    attribute('userCertificate;binary', [certificate]),
  ]);
}

function attribute(type: string, values: readonly string[] | readonly Buffer[]): Attribute {
  return new Attribute({ type, values: [...values] as string[] | Buffer[] });
}

/** Gives so many people another name, telephone number and no mail, as a script that went wrong; returns their DNs. */
export async function manglePeople({ client, dns }: Pick<EntriesScene, 'client' | 'dns'>, count: number): Promise<readonly string[]> {
  const mangled = Array.from({ length: count }, (_, number) => `uid=user.${number},${dns.people}`);
  for (const dn of mangled) {
    await client.modify(dn, [
      new Change({ operation: 'replace', modification: attribute('sn', ['#NAME?']) }),
      new Change({ operation: 'replace', modification: attribute('telephoneNumber', ['0']) }),
      new Change({ operation: 'replace', modification: attribute('mail', []) }),
    ]);
  }
  return mangled;
}

export async function replaceValues(client: Client, dn: string, type: string, values: readonly string[]): Promise<void> {
  await client.modify(dn, new Change({ operation: 'replace', modification: attribute(type, values) }));
}

/** Takes these members out of a group. */
export async function dropMembers(client: Client, group: string, type: string, members: readonly string[]): Promise<void> {
  await client.modify(group, new Change({ operation: 'delete', modification: attribute(type, members) }));
}

/** Deletes an entry and all below it, from the lowest up; returns their DNs. */
export async function deleteSubtree(client: Client, dn: string): Promise<readonly string[]> {
  const { searchEntries } = await client.search(dn, { scope: 'sub', attributes: ['1.1'] }, manageDsaIt());
  const found = searchEntries.map((entry) => entry.dn);
  // Whoever comes later in the answer is not above who came before it.
  for (const each of found.toReversed()) await client.del(each, manageDsaIt());
  return found;
}

/** What differs between two readings, in words that a test can hold against what was to be: DNs in lower case, in order. */
export function differing(before: EntryDigests, after: EntryDigests): Omit<EntryDifferences, 'equal'> {
  const { changed, missing, added } = compareEntries(before, after);
  return { changed: changed.toSorted(), missing: missing.toSorted(), added: added.toSorted() };
}

export const nothing: Omit<EntryDifferences, 'equal'> = { changed: [], missing: [], added: [] };

/** What the commands that change entries print with `--json`. */
export interface ChangesReport {
  readonly isDone: boolean;
  readonly counts: Readonly<Record<'add' | 'modify' | 'rename' | 'delete', number>>;
  readonly unchanged: number;
  readonly conflicts: readonly { readonly dn: string; readonly attribute?: string; readonly because: string; readonly isForced: boolean }[];
  readonly notPreserved: readonly { readonly attribute: string; readonly dns: readonly string[] }[];
  readonly changes: readonly { readonly dn: string; readonly change: string; readonly reason: string }[];
  readonly result?: {
    readonly undoFile: string;
    readonly applied: number;
    readonly refused: readonly unknown[];
    readonly unproven: readonly unknown[];
  };
}

import { createHash } from 'node:crypto';
import { type Client, Control, type Entry } from 'ldapts';

/** SHA-256 of each entry by its normalised DN. */
export type EntryDigests = ReadonlyMap<string, string>;

export interface EntryDifferences {
  /** Entries that both have, with every attribute and value the same. */
  readonly equal: number;
  /** DNs of entries that both have, but not the same. */
  readonly changed: readonly string[];
  /** DNs that only the first has. */
  readonly missing: readonly string[];
  /** DNs that only the second has. */
  readonly added: readonly string[];
}

/**
 * Reads every entry at and below `baseDn` with every attribute that the server shows, users' and operational ones: also the entryUUID,
 * who made and changed it and when, and the stored form of its password. The order of attributes and values counts for nothing.
 */
export async function readEntryDigests(client: Client, baseDn: string, look: EntryLook = {}): Promise<EntryDigests> {
  const { leftOut = [], isReferralShown = false } = look;
  const controls = isReferralShown ? [manageDsaIt()] : [];
  const { searchEntries } = await client.search(baseDn, { scope: 'sub', attributes: ['*', '+'] }, controls);
  const names = new Set(leftOut.map((name) => name.toLowerCase()));
  return new Map(searchEntries.map((entry) => [normalisedDn(entry.dn), digestOf(entry, names)]));
}

export interface EntryLook {
  /** Attributes that count for nothing. */
  readonly leftOut?: readonly string[];
  /** Entries that refer to another server are read like any other; otherwise they are not there. */
  readonly isReferralShown?: boolean;
}

/** ManageDsaIT (RFC 3296): what refers to another server is an entry like any other. */
export function manageDsaIt(): Control {
  return new Control('2.16.840.1.113730.3.4.2', { critical: true });
}

export function compareEntries(first: EntryDigests, second: EntryDigests): EntryDifferences {
  const shared = [...first.keys()].filter((dn) => second.has(dn));
  const changed = shared.filter((dn) => first.get(dn) !== second.get(dn));
  return {
    equal: shared.length - changed.length,
    changed,
    missing: [...first.keys()].filter((dn) => !second.has(dn)),
    added: [...second.keys()].filter((dn) => !first.has(dn)),
  };
}

/** SHA-256 over all entries, in the order of their DNs. */
export function digestOfAll(entries: EntryDigests): string {
  const lines = [...entries].map(([dn, digest]) => `${digest}  ${dn}\n`).toSorted();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function digestOf({ dn, ...attributes }: Entry, leftOut: ReadonlySet<string>): string {
  const counting = Object.entries(attributes).filter(([name]) => !leftOut.has(name.toLowerCase().replace(/;.*/, '')));
  const lines = counting.flatMap(([name, value]) =>
    [value].flat().map((one) => `${name.toLowerCase()}: ${Buffer.from(one).toString('base64')}\n`),
  );
  return createHash('sha256')
    .update([`dn: ${normalisedDn(dn)}\n`, ...lines.toSorted()].join(''))
    .digest('hex');
}

/** Enough for DNs that one and the same server prints. */
function normalisedDn(dn: string): string {
  return dn.toLowerCase().replaceAll(/(?<!\\),\s*/g, ',');
}

import { hash } from 'node:crypto';
import { comparableDn } from './comparable-dn.ts';
import type { LdifEntry } from './read-ldif.ts';

/** Goes before every digest that is kept, so that one by another rule is never compared with it. */
export const digestRule = '1';

/**
 * What is left out of the digest of an entry, in lower case: what each replica keeps for itself, and what a server works out when it is asked, so that an export has it not.
 * Everything else counts, passwords and the other operational attributes (who wrote when, `entryUUID`, states of password policies) included.
 */
export const attributesLeftOut: readonly string[] = [
  // Each replica's own account of changes, kept in the entries (OpenDJ and PingDirectory).
  'ds-sync-hist',
  'ds-sync-state',
  'ds-sync-generation-id',
  'ds-sync-conflict',
  'ds-sync-fractional-exclude',
  'ds-sync-fractional-include',
  'ds-sync-server-id',
  // Worked out when asked: the virtual attributes of a fresh OpenDJ 5.0.3 and of PingDirectory's documentation.
  'collectiveattributesubentries',
  'ds-entry-checksum',
  'ds-pwp-account-disabled-reason',
  'ds-pwp-password-expiration-time',
  'ds-pwp-state-json',
  'entrydn',
  'etag',
  'governingstructurerule',
  'hassubordinates',
  'isdirectmemberof',
  'ismemberof',
  'numsubordinates',
  'pwdpolicysubentry',
  'structuralobjectclass',
  'subschemasubentry',
];

const leftOut = new Set(attributesLeftOut);

/**
 * The SHA-256 of one entry: of its DN in comparable form and its values, byte for byte. The order of attributes and values, the case of attribute names and the
 * option `binary` do not count, and neither does what {@link attributesLeftOut} names.
 */
export function entryDigest(entry: LdifEntry, dn: string = comparableDn(entry.dn)): Buffer {
  const { names, values } = entry;
  const lines: string[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const name = comparableName(names[index] ?? '');
    const value = values[index] ?? '';
    if (name !== '') lines.push(`${name}:${value.length}:${value}`);
  }
  lines.sort();
  const head = Buffer.from(dn, 'utf8').toString('latin1');
  return hash('sha256', Buffer.from(`${head.length}:${head}\n${lines.join('\n')}`, 'latin1'), 'buffer');
}

const comparableNames = new Map<string, string>();

/** In lower case, its options in order and without `binary`, which only says how it is sent; empty where it is left out. */
function comparableName(name: string): string {
  const known = comparableNames.get(name);
  if (known !== undefined) return known;
  const [type = '', ...options] = name.toLowerCase().split(';');
  const kept = options.filter((option) => option !== 'binary').toSorted();
  const comparable = leftOut.has(type) ? '' : [type, ...kept].join(';');
  if (comparableNames.size < 10_000) comparableNames.set(name, comparable);
  return comparable;
}

const limbs = 8;

/**
 * The digest over many entries, in whatever order they come: their number and the sum of their digests modulo 2^256. It takes the memory of one.
 *
 * Two sets of entries that differ by accident have another sum. It does not guard against who chooses entries so that their sums agree, which is possible with
 * much work; against those there is the hash over the file, and the seal of the archive.
 */
export class EntryTotals {
  entries = 0;
  /** From the lowest 32 bits to the highest; each is let grow before its carry is taken. */
  readonly #sums = new Float64Array(limbs);

  add(digest: Buffer): void {
    this.entries += 1;
    for (let limb = 0; limb < limbs; limb += 1) {
      this.#sums[limb] = (this.#sums[limb] ?? 0) + digest.readUInt32BE(4 * (limbs - 1 - limb));
    }
    if (this.entries % 0x10_0000 === 0) this.#carry();
  }

  /** The rule's number and 64 hexadecimal digits: `1-…`. */
  get digest(): string {
    this.#carry();
    const words = [...this.#sums].reverse().map((word) => word.toString(16).padStart(8, '0'));
    return `${digestRule}-${words.join('')}`;
  }

  #carry(): void {
    let carry = 0;
    for (let limb = 0; limb < limbs; limb += 1) {
      const sum = (this.#sums[limb] ?? 0) + carry;
      this.#sums[limb] = sum % 0x1_0000_0000;
      carry = Math.floor(sum / 0x1_0000_0000);
    }
  }
}

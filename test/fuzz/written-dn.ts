import type { Random } from './random.ts';

/** A DN as it is meant: the steps, each of them parts with a type and a value. */
export type MeantDn = readonly (readonly { readonly type: string; readonly value: string }[])[];

/** All spellings of a few types, the first of each row in the form that the others are read as. */
const types = [
  ['cn', 'CN', 'commonName', '2.5.4.3', 'oid.2.5.4.3'],
  ['ou', 'Ou', 'organizationalUnitName', '2.5.4.11'],
  ['dc', 'DC', 'domainComponent', '0.9.2342.19200300.100.1.25'],
  ['uid', 'UID', 'userid', '0.9.2342.19200300.100.1.1'],
  ['employeenumber', 'employeeNumber'],
  ['1.2.3.4', 'OID.1.2.3.4'],
  ['x-own', 'X-Own'],
] as const;
const characters = 'abcXYZ019 ,+=;<>"\\#/.-_*()äßÄé東京\u0301\u00ad  😀\u0001';

export function meantDn(random: Random): MeantDn {
  return Array.from({ length: random.few(5) }, () => {
    const parts = new Map<string, string>();
    for (let count = 1 + (random.isOneOf(4) ? random.below(3) : 0); count > 0; count -= 1)
      parts.set(random.pick(types)[0], meantValue(random));
    return [...parts].map(([type, value]) => ({ type, value }));
  });
}

/** One of its many spellings. */
export function spelledDn(random: Random, dn: MeantDn): string {
  return dn
    .map((parts) => shuffled(random, parts).map(({ type, value }) => spelledPart(random, type, value)))
    .map((parts) => parts.join(`${blanks(random)}+${blanks(random)}`))
    .map((rdn, index) => (index === 0 ? rdn : `${blanks(random)}${random.isOneOf(10) ? ';' : ','}${blanks(random)}${rdn}`))
    .join('');
}

function meantValue(random: Random): string {
  // Whole characters, as half of one cannot be in UTF-8.
  const list = Array.from(characters);
  let value = '';
  for (let count = random.few(8); count > 0; count -= 1) value += list[random.below(list.length)] ?? '';
  return value;
}

function spelledPart(random: Random, type: string, value: string): string {
  const row = types.find(([first]) => first === type) ?? [type];
  const name = row[random.below(row.length)] ?? type;
  return `${name}${blanks(random)}=${blanks(random)}${spelledValue(random, value)}`;
}

function spelledValue(random: Random, value: string): string {
  if (random.isOneOf(12)) return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
  const list = Array.from(value);
  return list
    .map((character, index) => {
      const isAtEnd = index === 0 || index === list.length - 1;
      const mustEscape = /[,+="\\;<>\0]/.test(character) || (isAtEnd && character === ' ') || (index === 0 && character === '#');
      if (random.isOneOf(10) || (mustEscape && random.isOneOf(3))) return escapedBytes(random, character);
      return mustEscape ? `\\${character}` : character;
    })
    .join('');
}

function escapedBytes(random: Random, character: string): string {
  return [...Buffer.from(character, 'utf8')]
    .map((byte) => `\\${random.isOneOf(2) ? byte.toString(16).padStart(2, '0') : byte.toString(16).padStart(2, '0').toUpperCase()}`)
    .join('');
}

function blanks(random: Random): string {
  return random.isOneOf(8) ? ' '.repeat(1 + random.below(2)) : '';
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const left = [...items];
  const result: Item[] = [];
  while (left.length > 0) result.push(...left.splice(random.below(left.length), 1));
  return result;
}

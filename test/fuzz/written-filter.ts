import type { Extensible, Filter } from '../../src/domain/filter/filter.ts';
import type { LdifEntry } from '../../src/domain/read-ldif.ts';
import type { Random } from './random.ts';

const attributes = [
  'cn',
  'CN;lang-de',
  'uidNumber',
  'member',
  'createTimestamp',
  'jpegPhoto',
  'telephoneNumber',
  '2.5.4.3',
  'x-own',
  'pwdReset',
];
const rules = ['caseIgnoreMatch', 'caseExactMatch', '2.5.13.2', 'integerOrderingMatch', '1.2.840.113556.1.4.803', '1.2.840.113556.1.4.804'];
const words = ['42', '-7', 'Jensen', 'uid=a,dc=x', '20260101120000Z', 'TRUE', '+1 555 1212', 'a  b', ' ', 'cn=\\', '#04', '0042'];
const characters = Array.from('abcXYZ019 ()*\\&|!=<>~:,"\0äß東😀\n');

export function meantFilter(random: Random, depth = 0): Filter {
  const kind = depth > 4 ? 3 + random.below(7) : random.below(10);
  const attribute = random.pick(attributes);
  switch (kind) {
    case 0:
    case 1:
      return {
        kind: kind === 0 ? 'and' : 'or',
        filters: Array.from({ length: random.few(3) }, () => meantFilter(random, depth + 1)),
      };
    case 2:
      return { kind: 'not', filter: meantFilter(random, depth + 1) };
    case 3:
      return { kind: 'present', attribute };
    case 4:
    case 5:
      return meantParts(random, attribute);
    case 6: {
      const rule = random.isOneOf(2) ? random.pick(rules) : undefined;
      return {
        kind: 'extensible',
        attribute: rule !== undefined && random.isOneOf(2) ? undefined : attribute,
        rule,
        isDnIncluded: random.isOneOf(2),
        value: meantValue(random),
      };
    }
    default:
      return { kind: random.pick(['equal', 'atLeast', 'atMost', 'like'] as const), attribute, value: meantValue(random) };
  }
}

function meantParts(random: Random, attribute: string): Filter {
  const any = Array.from({ length: random.few(2) }, () => meantValue(random)).filter((part) => part !== '');
  const [initial, final] = [meantValue(random), meantValue(random)];
  return initial === '' && final === '' && any.length === 0
    ? { kind: 'present', attribute }
    : { kind: 'parts', attribute, initial, any, final };
}

/** As the filter has it: one character a byte. */
function meantValue(random: Random): string {
  if (random.isOneOf(2)) return random.pick(words);
  let value = '';
  for (let count = random.few(6); count > 0; count -= 1) value += random.pick(characters);
  // Now and then bytes that are no UTF-8.
  return Buffer.from(value, 'utf8').toString('latin1') + (random.isOneOf(10) ? '\xff\x80' : '');
}

/** One of its many spellings. */
export function spelledFilter(random: Random, filter: Filter): string {
  return `${blanks(random)}(${blanks(random)}${inside(random, filter)})${blanks(random)}`;
}

function inside(random: Random, filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `${filter.kind === 'and' ? '&' : '|'}${filter.filters.map((each) => spelledFilter(random, each)).join('')}`;
    case 'not':
      return `!${spelledFilter(random, filter.filter)}`;
    case 'present':
      return `${filter.attribute}=*${random.isOneOf(5) ? '*' : ''}`;
    case 'parts': {
      const any = filter.any.map((part) => `${spelledValue(random, part)}*`).join('');
      return `${filter.attribute}=${spelledValue(random, filter.initial)}*${any}${spelledValue(random, filter.final)}`;
    }
    case 'extensible':
      return spelledExtensible(random, filter);
    case 'equal':
    case 'atLeast':
    case 'atMost':
    case 'like': {
      const operator = { equal: '=', atLeast: '>=', atMost: '<=', like: '~=' }[filter.kind];
      return `${filter.attribute}${operator}${spelledValue(random, filter.value)}`;
    }
  }
}

function spelledExtensible(random: Random, { attribute = '', isDnIncluded, rule, value }: Extensible): string {
  return `${attribute}${isDnIncluded ? ':dn' : ''}${rule === undefined ? '' : `:${rule}`}:=${spelledValue(random, value)}`;
}

function spelledValue(random: Random, value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  const text = bytes.toString('utf8');
  // What is no UTF-8 can be written by its bytes alone.
  if (!Buffer.from(text, 'utf8').equals(bytes)) return escaped(bytes, random);
  return Array.from(text)
    .map((character) => (/[()*\\\0]/.test(character) || random.isOneOf(6) ? escaped(Buffer.from(character, 'utf8'), random) : character))
    .join('');
}

function escaped(bytes: Uint8Array, random: Random): string {
  const isUpper = random.isOneOf(2);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .map((digits) => `\\${isUpper ? digits.toUpperCase() : digits}`)
    .join('');
}

function blanks(random: Random): string {
  return random.isOneOf(10) ? ' ' : '';
}

/** An entry that has something to say to such filters. */
export function entryToMatch(random: Random): LdifEntry {
  const count = 1 + random.few(8);
  return {
    dn: random.pick(['uid=a,dc=x', 'cn=Jensen+uid=42,ou=a  b,dc=x', 'no DN at all', '']),
    names: Array.from({ length: count }, () => random.pick(attributes)),
    values: Array.from({ length: count }, () => meantValue(random)),
  };
}

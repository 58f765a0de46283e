// The entries of a made directory at any of its moments, each worked out from its number alone: the same for ever, in no memory.

/** The entries of one moment: what came before them is the same in all. */
export interface Moment {
  readonly people: number;
  /** 0 is the first; before each later one a share of the people was changed. */
  readonly turn: number;
}

/** One of so many is changed before each turn. */
export const changedOneOf = 100;
export const baseDn = 'dc=example,dc=com';
const [peopleOfGroup, membersOfGroup] = [500, 100];

type Change = 'modified' | 'deleted' | 'renamed';

/** Where a person stands at a moment: what happened last, and how often in all. */
export interface Fate {
  readonly isThere: boolean;
  /** The turn of the last change of its attributes; 0: none. */
  readonly modifiedAt: number;
  /** The turn of its last new name; 0: none. */
  readonly renamedAt: number;
  /** Undefined: nothing happened before this very turn. */
  readonly now: Change | 'added' | undefined;
}

/** How many numbers have been given up to this moment: each turn adds a few people at the end. */
export function numbersUpTo({ people, turn }: Moment): number {
  return people + turn * addedBeforeEach(people);
}

function addedBeforeEach(people: number): number {
  return Math.ceil((people / changedOneOf) * 0.08);
}

/** What became of a person up to the moment. */
export function fateOf(number: number, { people, turn }: Moment): Fate {
  const first = number < people ? 0 : 1 + Math.floor((number - people) / addedBeforeEach(people));
  const fate: { -readonly [Key in keyof Fate]: Fate[Key] } = {
    isThere: true,
    modifiedAt: 0,
    renamedAt: 0,
    now: first === turn && turn > 0 ? 'added' : undefined,
  };
  for (let each = first + 1; each <= turn && fate.isThere; each += 1) {
    const change = changeOf(number, each);
    if (change === undefined) continue;
    if (change === 'deleted') fate.isThere = false;
    if (change === 'modified') fate.modifiedAt = each;
    if (change === 'renamed') fate.renamedAt = each;
    if (each === turn) fate.now = change;
  }
  return fate;
}

function changeOf(number: number, turn: number): Change | undefined {
  const drawn = mixed(number, turn);
  if (drawn % changedOneOf !== 0) return undefined;
  const kind = Math.floor(drawn / changedOneOf) % 100;
  if (kind < 88) return 'modified';
  return kind < 94 ? 'deleted' : 'renamed';
}

/** The LDIF of the suffix, the branches and the groups, which never change. */
export function* fixedEntries(people: number): Generator<string> {
  yield `dn: ${baseDn}\nobjectClass: top\nobjectClass: domain\ndc: example\nentryUUID: ${uuidOf(0, 1)}\n\n`;
  for (const [index, name] of ['People', 'Groups'].entries()) {
    yield `dn: ou=${name},${baseDn}\nobjectClass: top\nobjectClass: organizationalUnit\nou: ${name}\nentryUUID: ${uuidOf(1 + index, 1)}\n\n`;
  }
  for (let group = 0; group * peopleOfGroup < people; group += 1) {
    const members = Array.from(
      { length: membersOfGroup },
      (_, at) => `uniqueMember: ${personDn((group * peopleOfGroup + at * 7) % people, 0)}\n`,
    );
    yield `dn: cn=group ${group},ou=Groups,${baseDn}\nobjectClass: top\nobjectClass: groupOfUniqueNames\ncn: group ${group}\n${members.join('')}entryUUID: ${uuidOf(group + 10, 1)}\ncreatorsName: cn=Directory Manager,cn=Root DNs,cn=config\ncreateTimestamp: 20250102030405Z\n\n`;
  }
}

export function personDn(number: number, renamedAt: number): string {
  return `uid=${uidOf(number, renamedAt)},ou=People,${baseDn}`;
}

function uidOf(number: number, renamedAt: number): string {
  return renamedAt === 0 ? `user.${number}` : `user.${number}.r${renamedAt}`;
}

/** The LDIF of a person as OpenDJ exports one, about 850 bytes; one of 400 has a photo. Undefined when it is not there. */
export function personLdif(number: number, moment: Moment): string | undefined {
  const { isThere, modifiedAt, renamedAt } = fateOf(number, moment);
  if (!isThere) return undefined;
  const own = new Noise(number, 0);
  const given = own.pick(givenNames);
  const family = own.pick(familyNames);
  const uid = uidOf(number, renamedAt);
  const lines = [
    `dn: uid=${uid},ou=People,${baseDn}`,
    'objectClass: top',
    'objectClass: inetOrgPerson',
    'objectClass: organizationalPerson',
    'objectClass: person',
    `mail: user.${number}@example.com`,
    `givenName: ${given}`,
    `employeeNumber: ${number}`,
    `mobile: +1 ${own.digits(3)} ${own.digits(3)} ${own.digits(4)}`,
    `sn: ${family}`,
    `userPassword: {SSHA}${own.base64(38)}==`,
    `street: ${own.digits(5)} ${own.pick(familyNames)} Street`,
    `l: ${own.pick(givenNames)}ton`,
    `postalCode: ${own.digits(5)}`,
    `description: This is the description for ${given} ${family}.`,
    `uid: ${uid}`,
  ];
  const changing = modifiedAt === 0 ? own : new Noise(number, modifiedAt);
  lines.push(`telephoneNumber: +1 ${changing.digits(3)} ${changing.digits(3)} ${changing.digits(4)}`);
  lines.push(`description: ${changing.base64(160)}`);
  // A name that is not ASCII goes as base64.
  const isPlain = number % 10 !== 0;
  lines.push(isPlain ? `cn: ${given} ${family}` : `cn:: ${Buffer.from(`${given} ${family}ß`, 'utf8').toString('base64')}`);
  if (number % 400 === 0) lines.push(`jpegPhoto:: ${new Noise(number, -1).base64(8000 + (number % 16) * 400)}`);
  lines.push(`entryUUID: ${uuidOf(number, 0)}`);
  lines.push('creatorsName: cn=Directory Manager,cn=Root DNs,cn=config');
  lines.push(`createTimestamp: 2025${two(1 + (number % 12))}${two(1 + (number % 28))}${two(number % 24)}0405Z`);
  const touched = Math.max(modifiedAt, renamedAt);
  if (touched > 0) {
    lines.push('modifiersName: cn=Directory Manager,cn=Root DNs,cn=config');
    lines.push(`modifyTimestamp: 202601${two(touched)}${two(number % 24)}${two(number % 60)}00Z`);
  }
  lines.push('', '');
  return lines.join('\n');
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

function uuidOf(number: number, kind: number): string {
  const noise = new Noise(number, 1000 + kind);
  const hex = Array.from({ length: 8 }, () => noise.next().toString(16).padStart(8, '0').slice(0, 4));
  return `${hex[0]}${hex[1]}-${hex[2]}-4${hex[3]?.slice(1)}-8${hex[4]?.slice(1)}-${hex[5]}${hex[6]}${hex[7]}`;
}

/** 32 bits of two numbers, well mixed (the finish of MurmurHash3). */
function mixed(number: number, salt: number): number {
  let hash = Math.imul(number + 1, 0x9e37_79b1) ^ Math.imul(salt + 0x51ed_270b, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Numbers that look random and are the same each time (xorshift). */
class Noise {
  #state: number;

  constructor(number: number, salt: number) {
    this.#state = mixed(number, salt) || 1;
  }

  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  pick(list: readonly string[]): string {
    return list[this.next() % list.length] ?? '';
  }

  digits(count: number): string {
    return (this.next() % 10 ** count).toString().padStart(count, '0');
  }

  base64(count: number): string {
    let text = '';
    while (text.length < count) {
      const bits = this.next();
      for (let at = 0; at < 30; at += 6) text += alphabet.charAt((bits >>> at) & 63);
    }
    return text.slice(0, count);
  }
}

const givenNames =
  'Aada Bruno Chiara Dimitri Elif Farid Greta Hiro Ines Jonas Kalina Luca Mei Nadia Oskar Priya Quentin Rosa Sven Tova'.split(' ');
const familyNames =
  'Almeida Becker Chen Dubois Eriksson Fischer Garcia Haddad Ivanova Jensen Kowalski Lindqvist Moreau Nakamura Okafor Petrov Rossi Schmidt Tanaka Weber'.split(
    ' ',
  );

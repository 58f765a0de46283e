import type { LdifEntry } from '../../src/domain/read-ldif.ts';
import type { Random } from './random.ts';

const names = [
  'cn',
  'CN',
  'objectClass',
  'description;lang-de',
  'jpegPhoto',
  'userCertificate;binary',
  '2.5.4.3',
  'x-own_1',
  'version',
  'dn',
  'control',
];
const safe = 'abcXYZ019 :<#=,+-/\\"';
const any = `${safe}\n\r\0\u0001\u007f\u0080\u00c3\u00a4\u00ff `;
const inDns = 'abc019 ,+=\\#"<>äé東😀';

/** Entries as they are meant: what a reader has to make of any of their spellings. */
export function meantEntries(random: Random): LdifEntry[] {
  return Array.from({ length: random.few(4) }, () => {
    const count = random.few(6);
    return {
      dn: Array.from(inDns)
        .filter(() => random.isOneOf(3))
        .join(''),
      // A record whose first line is `changetype` or `control` is one of changes.
      names: Array.from({ length: count }, (_, at) => (at === 0 ? 'objectClass' : random.pick(names))),
      values: Array.from({ length: count }, () =>
        random.isOneOf(30) ? random.text(any, 400) : random.text(random.isOneOf(2) ? safe : any, 12),
      ),
    };
  });
}

/** LDIF that says so, in one of the many ways of RFC 2849, as one character a byte. */
export function spelledLdif(random: Random, entries: readonly LdifEntry[]): string {
  const feed = random.isOneOf(3) ? '\r\n' : '\n';
  const lines = random.isOneOf(3) ? [`version:${random.isOneOf(2) ? ' ' : ''}1`] : [];
  if (random.isOneOf(2) && lines.length > 0) lines.push('');
  for (const { dn, names: attributes, values } of entries) {
    lines.push(...comments(random));
    lines.push(spelledLine(random, 'dn', Buffer.from(dn, 'utf8').toString('latin1')));
    for (const [index, name] of attributes.entries()) {
      lines.push(...comments(random));
      lines.push(spelledLine(random, name, values[index] ?? ''));
    }
    for (let count = 1 + random.few(2); count > 0; count -= 1) lines.push('');
  }
  const text = lines.map((line) => folded(random, line, feed)).join(feed);
  return random.isOneOf(4) ? text : text + feed;
}

/** SAFE-STRING of RFC 2849, and no blank at the end. */
function isSafe(value: string): boolean {
  return !/^[ :<]|[\0\n\r\u0080-\u{10ffff}]| $/u.test(value);
}

function spelledLine(random: Random, name: string, value: string): string {
  const isPlain = isSafe(value) && !random.isOneOf(4);
  const blanks = ' '.repeat(random.few(3));
  return isPlain ? `${name}:${blanks}${value}` : `${name}::${blanks}${Buffer.from(value, 'latin1').toString('base64')}`;
}

function comments(random: Random): string[] {
  return random.isOneOf(6) ? [`#${random.text(safe, 20)}`] : [];
}

/** A line may go on in the next one behind any of its characters but the first. */
function folded(random: Random, line: string, feed: string): string {
  if (line.length < 2 || !random.isOneOf(4)) return line;
  const places = new Set(Array.from({ length: 1 + random.few(3) }, () => 1 + random.below(line.length - 1)));
  let text = line;
  // From the last to the first, so that what is put in moves none of the others.
  for (const at of [...places].toSorted((a, b) => b - a)) text = `${text.slice(0, at)}${feed} ${text.slice(at)}`;
  return text;
}

/** The text in pieces that end anywhere. */
export async function* inPieces(random: Random, text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1');
  const longest = random.pick([1, 3, 20, 200]);
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.below(longest);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

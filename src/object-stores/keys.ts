import { Failure } from '../foundation/failure.ts';

const longestSegment = 255;
const longestKey = 900;

/**
 * Refuses a key that some store could not hold or would understand otherwise: empty, with an empty, `.` or `..` segment,
 * with control characters or unpaired surrogates, too long, or in the folders that stores keep for themselves.
 *
 * The rule is one for all stores, so that an archive can be copied from any to any.
 *
 * @throws Failure E_KEY_REFUSED
 */
export function checkKey(key: string, location: string): void {
  const fault = faultOf(key);
  if (fault === undefined) return;
  throw new Failure('E_KEY_REFUSED', `Cannot use the key "${printable(key)}" in ${location}: ${fault}`, {
    hint: 'rename the file that it stands for',
  });
}

function faultOf(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (!key.isWellFormed()) return 'it is not valid Unicode';
  // XML 1.0, in which S3 lists keys, cannot carry them.
  if (/[\p{Cc}\ufffe\uffff]/u.test(key)) return 'it has a control character';
  if (Buffer.byteLength(key) > longestKey) return `it is longer than ${longestKey} bytes`;
  for (const segment of key.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return `it has the segment "${segment}"`;
    if (Buffer.byteLength(segment) > longestSegment) return `a segment of it is longer than ${longestSegment} bytes`;
  }
  return isReserved(key) ? `the folder "${reservedFolder}" is the store's own` : undefined;
}

/** Where a store keeps its probes and unfinished writes; never listed. */
export const reservedFolder = '.rootcellar-store';

/** Tells whether a key (or a folder that ends with `/`) is the store's own. */
export function isReserved(key: string): boolean {
  return key === reservedFolder || key.startsWith(`${reservedFolder}/`);
}

/** `a//b`, `/a/b/` → `a/b/`; nothing stays nothing. */
export function normalPrefix(text: string): string {
  const segments = text.split('/').filter((segment) => segment !== '');
  return segments.length === 0 ? '' : `${segments.join('/')}/`;
}

/** The order of {@link ObjectStore.list}: that of the keys' UTF-8 bytes, which is not that of JavaScript's strings. */
export function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Where `prefix` is not empty and does not end with `/` the caller has a bug. */
export function checkFolderPrefix(prefix: string): void {
  if (prefix !== '' && !prefix.endsWith('/')) throw new Error(`listFolder() takes a prefix that ends with "/", not "${prefix}"`);
}

function printable(key: string): string {
  return JSON.stringify(key.toWellFormed().slice(0, 200)).slice(1, -1);
}

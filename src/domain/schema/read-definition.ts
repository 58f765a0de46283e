/** One definition of a schema (RFC 4512, section 4.1): its OID and what follows by keyword, in upper case; a keyword alone is `[]`. */
export interface Definition {
  readonly oid: string;
  readonly terms: ReadonlyMap<string, readonly string[]>;
}

/** Keywords that stand alone. */
const flags = new Set(['SINGLE-VALUE', 'COLLECTIVE', 'NO-USER-MODIFICATION', 'OBSOLETE', 'ABSTRACT', 'STRUCTURAL', 'AUXILIARY']);

/**
 * Reads `( OID KEYWORD value KEYWORD ( value $ value ) … )`. Servers write more than the RFC: names where it has OIDs, quotes where it has none, keywords of
 * their own; all of that is read. Undefined for what has no such form.
 */
export function readDefinition(text: string): Definition | undefined {
  const words = wordsOf(text);
  if (words === undefined || words.shift() !== '(' || words.pop() !== ')') return undefined;
  const oid = words.shift();
  if (oid === undefined || oid === '(' || oid === ')') return undefined;
  const terms = new Map<string, readonly string[]>();
  for (let at = 0; at < words.length;) {
    const keyword = (words[at] ?? '').toUpperCase();
    at += 1;
    if (flags.has(keyword)) {
      terms.set(keyword, []);
      continue;
    }
    const end = words[at] === '(' ? words.indexOf(')', at) : at;
    if (end < 0 || end >= words.length) return undefined;
    terms.set(keyword, words.slice(words[at] === '(' ? at + 1 : at, words[at] === '(' ? end : at + 1).map(unquoted));
    at = end + 1;
  }
  return { oid: unquoted(oid).toLowerCase(), terms };
}

/** Parentheses, quoted texts with their quotes, and other words; `$` only separates. Undefined where a quote is not closed. */
function wordsOf(text: string): string[] | undefined {
  const words: string[] = [];
  const pattern = /[\s$]*(?:([()])|('[^']*')|([^\s$()']+))/gy;
  let end = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
    end = pattern.lastIndex;
  }
  return text.slice(end).trim() === '' ? words : undefined;
}

/** Without quotes, and with the RFC's escapes of a quote and a backslash made what they stand for. */
function unquoted(word: string): string {
  if (!word.startsWith("'")) return word;
  return word.slice(1, -1).replaceAll('\\27', "'").replaceAll(/\\5c/gi, '\\');
}

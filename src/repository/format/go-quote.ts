const shortEscapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** Bytes of a file name as Go's `strconv.Quote` writes them, without the quotes around. */
export function quoteName(name: Uint8Array): string {
  let quoted = '';
  for (let at = 0; at < name.length;) {
    const length = utf8Length(name, at);
    if (length === 0) {
      quoted += `\\x${(name[at] ?? 0).toString(16).padStart(2, '0')}`;
      at += 1;
      continue;
    }
    quoted += quoteCharacter(Buffer.from(name.subarray(at, at + length)).toString('utf8'));
    at += length;
  }
  return quoted;
}

function quoteCharacter(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  // Go prints letters, marks, numbers, punctuation, symbols and the plain space.
  if (character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** The number of bytes of the well-formed character at `at`, or 0. */
function utf8Length(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const text = Buffer.from(bytes.subarray(at, at + length)).toString('utf8');
  const isOne = text === String.fromCodePoint(text.codePointAt(0) ?? 0) && text !== '\ufffd';
  return isOne || isReplacement(bytes, at, length) ? length : 0;
}

/** U+FFFD itself, which is well-formed, looks like what a decoder puts in place of what is not. */
function isReplacement(bytes: Uint8Array, at: number, length: number): boolean {
  return length === 3 && bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
}

/** The bytes that {@link quoteName} made `quoted` from; undefined when Go would refuse it. */
export function unquoteName(quoted: string): Buffer | undefined {
  const pieces: Buffer[] = [];
  const token = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\"\n]+)/gy;
  let end = 0;
  for (const found of quoted.matchAll(token)) {
    const piece = bytesOf(found);
    if (piece === undefined) return undefined;
    pieces.push(piece);
    end = found.index + found[0].length;
  }
  return end === quoted.length ? Buffer.concat(pieces) : undefined;
}

const shortMeanings = new Map(Object.entries(shortEscapes).map(([character, escape]) => [escape.slice(1), character]));

function bytesOf([, short, hexByte, octal, small, large, plain]: RegExpExecArray): Buffer | undefined {
  if (plain !== undefined) return Buffer.from(plain, 'utf8');
  if (short !== undefined) return Buffer.from(shortMeanings.get(short) ?? '', 'utf8');
  if (hexByte !== undefined) return Buffer.from(hexByte, 'hex');
  if (octal !== undefined) return Number.parseInt(octal, 8) > 255 ? undefined : Buffer.of(Number.parseInt(octal, 8));
  const code = Number.parseInt(small ?? large ?? '', 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return Buffer.from(String.fromCodePoint(code), 'utf8');
}

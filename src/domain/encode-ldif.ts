/**
 * One entry as LDIF (RFC 2849): a value that is no SAFE-STRING in base64, lines folded at 76 characters, an empty line at the end.
 * `objectClass` comes first, as readers expect; the others in the order given.
 */
export function encodeLdifEntry(dn: string, attributes: readonly (readonly [string, readonly string[]])[]): string {
  const isClass = ([name]: readonly [string, unknown]): boolean => name.toLowerCase() === 'objectclass';
  const sorted = [...attributes.filter(isClass), ...attributes.filter((attribute) => !isClass(attribute))];
  const lines = sorted.flatMap(([name, values]) => values.map((value) => ldifLine(name, value)));
  return `${[ldifLine('dn', dn), ...lines].join('\n')}\n\n`;
}

/** A name and a value, a text in UTF-8 or bytes, as one line (RFC 2849), without its end: in base64 where that is needed, folded where it is long. */
export function ldifLine(name: string, value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // As one character per byte: what is no ASCII is not safe either way.
  const text = bytes.toString('latin1');
  const line = isSafe(text) ? `${name}: ${text}` : `${name}:: ${bytes.toString('base64')}`;
  return line.length <= 76 ? line : folded(line);
}

/** SAFE-STRING, and no blank at the end, which people and editors lose. */
function isSafe(value: string): boolean {
  // oxlint-disable-next-line no-control-regex -- RFC 2849 names these characters
  return /^(?:[\x01-\x09\x0b\x0c\x0e-\x1f\x21-\x39\x3b\x3d-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*)?$/.test(value) && !value.endsWith(' ');
}

function folded(line: string): string {
  const pieces = [line.slice(0, 76)];
  for (let at = 76; at < line.length; at += 75) pieces.push(` ${line.slice(at, at + 75)}`);
  return pieces.join('\n');
}

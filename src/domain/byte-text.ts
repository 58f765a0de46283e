/** A value of one character per byte, as `LdifEntry` has it, as the text that its bytes are in UTF-8; undefined where they are none. */
export function textOf(bytes: string): string | undefined {
  if (ascii.test(bytes)) return bytes;
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

/** A text as the bytes of its UTF-8, one character each. */
export function bytesOf(text: string): string {
  return ascii.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes as a text of one character each, as `LdifEntry` has values. */
export function bytesText(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
}

/** The bytes of such a text. */
export function textBytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

// oxlint-disable-next-line no-control-regex -- ASCII has them
const ascii = /^[\x00-\x7f]*$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

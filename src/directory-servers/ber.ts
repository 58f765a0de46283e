/** One element of BER (X.690): its tag byte, the bytes of its content. */
export interface BerElement {
  readonly tag: number;
  readonly content: Buffer;
}

/** An element with a definite length. */
export function encodeBer(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

/**
 * The elements that follow one another in `bytes`. An element that is cut off ends the list, as what comes from a connection may be; `rest` tells how
 * many bytes are left.
 */
export function decodeBer(bytes: Buffer): { readonly elements: readonly BerElement[]; readonly rest: number } {
  const elements: BerElement[] = [];
  let at = 0;
  for (;;) {
    const element = elementAt(bytes, at);
    if (element === undefined) return { elements, rest: bytes.length - at };
    elements.push({ tag: element.tag, content: element.content });
    at = element.end;
  }
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const from = bytes.findIndex((byte) => byte !== 0);
  return Buffer.concat([Buffer.from([0x80 + 4 - from]), bytes.subarray(from)]);
}

function elementAt(bytes: Buffer, at: number): (BerElement & { readonly end: number }) | undefined {
  if (bytes.length < at + 2) return undefined;
  const first = bytes.readUInt8(at + 1);
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  const begin = at + 2 + lengthBytes;
  if (lengthBytes > 4 || bytes.length < begin) return undefined;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  if (first === 0x80 || bytes.length < begin + length) return undefined;
  return { tag: bytes.readUInt8(at), content: bytes.subarray(begin, begin + length), end: begin + length };
}

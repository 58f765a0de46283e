import { compress, decompress } from './compression.ts';
import { damaged } from './repository-failures.ts';

const compressedMark = 2;
const documentLevel = 3;

/** Puts JSON into the form that indexes, snapshots and locks have before they are sealed. */
export function packDocument(json: Uint8Array, version: 1 | 2): Uint8Array {
  return version === 1 ? json : Buffer.concat([Buffer.of(compressedMark), compress(json, documentLevel)]);
}

/** The JSON of a document. @throws Failure E_REPOSITORY_DAMAGED, naming `what` */
export function unpackDocument(document: Uint8Array, what: string): Uint8Array {
  const [mark] = document;
  if (mark === 0x7b || mark === 0x5b) return document;
  if (mark !== compressedMark) throw damaged(what, `it is of an unknown encoding (${String(mark)})`);
  const json = decompress(document.subarray(1));
  if (json === undefined) throw damaged(what, 'it cannot be decompressed');
  return json;
}

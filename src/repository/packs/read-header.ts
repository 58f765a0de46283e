import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { Id } from '../format/hex-id.ts';
import { headerBytesOf, packKey, type PackedBlob } from '../format/pack-header.ts';
import type { Cipher } from '../sealing/cipher.ts';
import { readPackHeader } from './check-pack.ts';

const lengthBytes = 4;
/** Room for the header of some hundred blobs: most packs are read by one request. */
const tailBytes = 16 * 1024;
const longestHeaderBytes = 16 * 1024 * 1024;

export interface PackObject {
  readonly id: Id;
  readonly bytes: number;
}

/**
 * The blobs that a pack names in its header, of which only the end is read; or in one clause why they cannot be known. Whether the blobs
 * themselves are whole is not looked at.
 */
export async function readHeaderOf(
  store: ObjectStore,
  cipher: Cipher,
  { id, bytes }: PackObject,
  signal: AbortSignal | undefined,
): Promise<readonly PackedBlob[] | string> {
  const tail = await readTail(store, { id, bytes }, tailBytes, signal);
  if (tail === undefined) return 'it is missing';
  const header = readPackHeader(cipher, tail, id);
  if (typeof header !== 'string') return filling(header, bytes);
  const wanted = tail.length < lengthBytes ? 0 : lengthOf(tail) + lengthBytes;
  if (wanted <= tail.length || wanted > bytes || wanted > longestHeaderBytes) return header;
  const longer = await readTail(store, { id, bytes }, wanted, signal);
  const found = longer === undefined ? 'it is missing' : readPackHeader(cipher, longer, id);
  return typeof found === 'string' ? found : filling(found, bytes);
}

async function readTail(
  store: ObjectStore,
  { id, bytes }: PackObject,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const offset = Math.max(0, bytes - length);
  if (bytes === 0) return new Uint8Array();
  try {
    return await store.get(packKey(id), { range: { offset, length: bytes - offset }, signal });
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

function lengthOf(tail: Uint8Array): number {
  return new DataView(tail.buffer, tail.byteOffset + tail.length - lengthBytes).getUint32(0, true);
}

function filling(header: readonly PackedBlob[], bytes: number): readonly PackedBlob[] | string {
  const expected = header.reduce((sum, { length }) => sum + length, headerBytesOf(header));
  return expected === bytes ? header : `it has ${bytes} bytes, and by its header ${expected}`;
}

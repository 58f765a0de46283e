import { idOf, type Id } from '../format/hex-id.ts';
import type { PackedBlob } from '../format/pack-header.ts';
import { readPackHeader } from '../packs/check-pack.ts';
import { openBlob } from '../packs/decode-blobs.ts';
import { sealBytes, type Cipher } from '../sealing/cipher.ts';
import type { KeyMaterial } from '../sealing/key-material.ts';
import { undoFlippedBit } from './flipped-bit.ts';

export interface ExaminedPack {
  /** Its bytes are those that its name says. */
  readonly isWhole: boolean;
  /** What can be had of it, as it is to be stored elsewhere. */
  readonly saved: readonly SavedBlob[];
  readonly lost: readonly { readonly blob: PackedBlob; readonly finding: string }[];
}

export interface SavedBlob {
  readonly blob: PackedBlob;
  /** Sealed; fits its MAC and its ID. */
  readonly sealed: Uint8Array;
  /** One of its bits was flipped, and was put right. */
  readonly isHealed: boolean;
}

/** Where so many pieces of a pack are damaged it is not a bit here and there, and looking for it only takes time. */
const mostHealed = 8;
const lengthBytes = 4;

/**
 * Looks at each blob of a pack, by its header and by what the index says of it, as either may be wrong. A piece with one flipped bit is put right.
 * `bytes` stays as it is.
 */
export function examinePack(
  { cipher, keys }: { readonly cipher: Cipher; readonly keys: KeyMaterial },
  { id, bytes, listed }: { readonly id: Id; readonly bytes: Uint8Array; readonly listed: readonly PackedBlob[] },
): ExaminedPack {
  const header = headerOf(cipher, keys, bytes, id);
  const blobs = [...new Map([...listed, ...header].map((blob) => [`${blob.type} ${blob.id} ${blob.offset}`, blob])).values()];
  const saved = new Map<string, SavedBlob>();
  const lost = new Map<string, { blob: PackedBlob; finding: string }>();
  for (const blob of blobs) {
    const name = `${blob.type} ${blob.id}`;
    if (saved.has(name)) continue;
    const piece = bytes.subarray(blob.offset, blob.offset + blob.length);
    const finding = findingOf(cipher, piece, blob);
    const healed = finding === undefined || lost.size >= mostHealed ? undefined : healedBlob(cipher, keys, piece, blob);
    const sealed = finding === undefined ? piece : healed;
    if (sealed === undefined) lost.set(name, { blob, finding: finding ?? '' });
    else {
      saved.set(name, { blob, sealed, isHealed: finding !== undefined });
      lost.delete(name);
    }
  }
  return { isWhole: idOf(bytes) === id, saved: [...saved.values()], lost: [...lost.values()] };
}

function findingOf(cipher: Cipher, piece: Uint8Array, blob: PackedBlob): string | undefined {
  const content = openBlob(cipher, Uint8Array.from(piece), blob);
  return typeof content === 'string' ? content : undefined;
}

function healedBlob(cipher: Cipher, keys: KeyMaterial, piece: Uint8Array, blob: PackedBlob): Uint8Array | undefined {
  const healed = piece.length === blob.length ? undoFlippedBit(keys, piece) : undefined;
  return healed !== undefined && findingOf(cipher, healed, blob) === undefined ? healed : undefined;
}

/** The header's blobs, also where one bit of it or of its length was flipped; none where it cannot be had. */
function headerOf(cipher: Cipher, keys: KeyMaterial, bytes: Uint8Array, id: Id): readonly PackedBlob[] {
  const found = readPackHeader(cipher, bytes, id);
  if (typeof found !== 'string') return found;
  if (bytes.length < lengthBytes) return [];
  const lengthAt = bytes.length - lengthBytes;
  const length = new DataView(bytes.buffer, bytes.byteOffset + lengthAt).getUint32(0, true);
  for (let bit = 0; bit < 32; bit += 1) {
    const other = (length ^ (1 << bit)) >>> 0;
    if (other < sealBytes || other > lengthAt) continue;
    const header = readPackHeader(cipher, withLength(bytes, other), id);
    if (typeof header !== 'string') return header;
  }
  if (length > lengthAt) return [];
  const healed = undoFlippedBit(keys, bytes.subarray(lengthAt - length, lengthAt));
  if (healed === undefined) return [];
  const header = readPackHeader(cipher, Buffer.concat([healed, bytes.subarray(lengthAt)]), id);
  return typeof header === 'string' ? [] : header;
}

/** The end of a pack, as it would be with another length field. */
function withLength(bytes: Uint8Array, length: number): Uint8Array {
  const end = Buffer.from(bytes.subarray(bytes.length - lengthBytes - length));
  end.writeUInt32LE(length, end.length - lengthBytes);
  return end;
}

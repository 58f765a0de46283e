import { createHmac } from 'node:crypto';
import type { Id } from '../format/hex-id.ts';
import { joinKeyMaterial, type KeyMaterial } from './key-material.ts';

export const gearTableBytes = 2048;
export const cuttingKeyBytes = 32;

/**
 * What the places of cuts are derived from, where the repository does not have another's: HKDF-Extract (RFC 5869) of the master keys, with its ID as
 * salt. It tells nothing of the keys. Must never change for a repository, as every file would be cut anew.
 */
export function cuttingKey(keys: KeyMaterial, repositoryId: Id): Uint8Array {
  return hmac(Buffer.from(repositoryId, 'hex'), joinKeyMaterial(keys));
}

/** The 256 numbers that the cutting rests on, HKDF-Expand of the cutting key: without it nobody can tell where a file is cut. */
export function gearTable(cutting: Uint8Array): Uint8Array {
  const blocks: Buffer[] = [];
  for (let serial = 1; serial <= gearTableBytes / cuttingKeyBytes; serial += 1) {
    blocks.push(hmac(cutting, Buffer.concat([blocks.at(-1) ?? Buffer.of(), Buffer.from('rootcellar gear 1'), Buffer.of(serial)])));
  }
  return Buffer.concat(blocks);
}

function hmac(key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

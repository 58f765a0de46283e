import { randomBytes } from 'node:crypto';

/** The keys by which things are sealed: 64 bytes, never printed. */
export interface KeyMaterial {
  /** 32 bytes, AES-256. */
  readonly encrypt: Uint8Array;
  /** 16 bytes, AES-128, makes the one-time pad of a MAC. */
  readonly k: Uint8Array;
  /** 16 bytes, the Poly1305 multiplier before masking. */
  readonly r: Uint8Array;
}

export const keyMaterialBytes = 64;

export function randomKeyMaterial(): KeyMaterial {
  return keyMaterialFrom(randomBytes(keyMaterialBytes));
}

/** In the order of restic's key derivation: cipher key, k, r. The parts are views of `bytes`. */
export function keyMaterialFrom(bytes: Uint8Array): KeyMaterial {
  return { encrypt: bytes.subarray(0, 32), k: bytes.subarray(32, 48), r: bytes.subarray(48, 64) };
}

export function joinKeyMaterial({ encrypt, k, r }: KeyMaterial): Buffer {
  return Buffer.concat([encrypt, k, r]);
}

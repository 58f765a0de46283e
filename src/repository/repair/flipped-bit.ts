import { createCipheriv } from 'node:crypto';
import { ivBytes, macBytes, sealBytes } from '../sealing/cipher.ts';
import type { KeyMaterial } from '../sealing/key-material.ts';

const blockBytes = 16;
/** Poly1305 reckons modulo this prime (RFC 8439, section 2.5). */
const prime = 2n ** 130n - 5n;
const rMask = 0x0ffffffc0ffffffc0ffffffc0fffffffn;
const tagModulus = 2n ** 128n;
/** Each block costs about two microseconds; more than any blob has. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Puts right a sealed thing in which one bit was flipped, whichever it was: returns it as it was sealed, or undefined where more is wrong. Only whoever has
 * the keys can, as the MAC says which bit it must have been: it is a polynomial over the blocks, and one flipped bit changes it by a power of two times a
 * power of `r`, so each block needs one look. What comes back fits its MAC; whether it is what its name says is for the caller to check.
 */
export function undoFlippedBit(keys: KeyMaterial, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < sealBytes || sealed.length > mostBytes) return undefined;
  const r = littleEndian(keys.r) & rMask;
  if (r === 0n) return undefined;
  const parts = {
    iv: sealed.subarray(0, ivBytes),
    ciphertext: sealed.subarray(ivBytes, -macBytes),
    tag: littleEndian(sealed.subarray(-macBytes)),
  };
  const sum = polynomialOf(parts.ciphertext, r);
  const place = inTag(keys, sealed.length, parts, sum) ?? inIv(keys, parts, sum) ?? inCiphertext(keys, parts, sum, r);
  if (place === undefined) return undefined;
  const whole = Uint8Array.from(sealed);
  whole[place.at] = (whole[place.at] ?? 0) ^ (1 << place.bit);
  return whole;
}

interface SealedParts {
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: bigint;
}

interface BitPlace {
  readonly at: number;
  readonly bit: number;
}

/** Content and IV are right, and their tag differs from the stored one by just one bit. */
function inTag(keys: KeyMaterial, length: number, { iv, tag }: SealedParts, sum: bigint): BitPlace | undefined {
  const bit = exponentOf(((sum + padOf(keys, iv)) % tagModulus) ^ tag);
  return bit === undefined ? undefined : { at: length - macBytes + Math.floor(bit / 8), bit: bit % 8 };
}

function inIv(keys: KeyMaterial, { iv, tag }: SealedParts, sum: bigint): BitPlace | undefined {
  for (let bit = 0; bit < ivBytes * 8; bit += 1) {
    const other = Uint8Array.from(iv);
    const at = Math.floor(bit / 8);
    other[at] = (other[at] ?? 0) ^ (1 << (bit % 8));
    if ((sum + padOf(keys, other)) % tagModulus === tag) return { at, bit: bit % 8 };
  }
  return undefined;
}

function inCiphertext(keys: KeyMaterial, { iv, ciphertext, tag }: SealedParts, sum: bigint, r: bigint): BitPlace | undefined {
  const blocks = Math.ceil(ciphertext.length / blockBytes);
  const inverse = power(r, prime - 2n);
  const rest = (tag - padOf(keys, iv) + tagModulus) % tagModulus;
  // The tag has lost what was above its 128 bits: there are up to four sums that give it.
  for (let wanted = rest; wanted < prime; wanted += tagModulus) {
    let difference = (wanted - sum + prime) % prime;
    for (let block = blocks - 1; block >= 0; block -= 1) {
      difference = (difference * inverse) % prime;
      const place = placeIn(ciphertext, block, difference);
      if (place !== undefined) return place;
    }
  }
  return undefined;
}

/** The bit of this block whose flipping makes just this difference. */
function placeIn(ciphertext: Uint8Array, block: number, difference: bigint): BitPlace | undefined {
  const wasSet = exponentOf(difference);
  const wasClear = wasSet === undefined ? exponentOf(prime - difference) : undefined;
  const exponent = wasSet ?? wasClear;
  if (exponent === undefined) return undefined;
  const at = block * blockBytes + Math.floor(exponent / 8);
  const bit = exponent % 8;
  const byte = ciphertext[at];
  if (exponent >= blockBytes * 8 || byte === undefined) return undefined;
  const isSet = ((byte >> bit) & 1) === 1;
  return isSet === (wasSet !== undefined) ? undefined : { at: ivBytes + at, bit };
}

/** The sum over the blocks, before the pad is added. */
function polynomialOf(ciphertext: Uint8Array, r: bigint): bigint {
  let sum = 0n;
  for (let at = 0; at < ciphertext.length; at += blockBytes) {
    const block = ciphertext.subarray(at, at + blockBytes);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % prime;
  }
  return sum;
}

function padOf({ k }: KeyMaterial, iv: Uint8Array): bigint {
  return littleEndian(createCipheriv('aes-128-ecb', k, null).setAutoPadding(false).update(iv));
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

const exponents = new Map(Array.from({ length: 128 }, (_, exponent) => [1n << BigInt(exponent), exponent]));

/** The exponent of a power of two below 2^128. */
function exponentOf(value: bigint): number | undefined {
  return exponents.get(value);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}

import { createCipheriv, createSecretKey, randomFillSync, timingSafeEqual, type Cipheriv, type KeyObject } from 'node:crypto';
import { loadKernels, makeMemory, pageBytes, startKernels, type Kernels } from '../kernels/kernels.ts';
import { release } from '../pipeline/release.ts';
import type { KeyMaterial } from './key-material.ts';

export const ivBytes = 16;
export const macBytes = 16;

/** How much longer a thing is when it is sealed. */
export const sealBytes = ivBytes + macBytes;

/** What a {@link Cipher} needs of the memory of its kernels. */
export const cipherScratchBytes = 2 * pageBytes;

const keyPlace = 0;
const tagPlace = 64;
const dataPlace = 1024;
const stepBytes = 65_536;

/** Small pieces come back from the allocator's caches; one large fresh buffer costs more in page faults than its AES. */
const cipherStepBytes = 131_072;

/** Seals and opens: `IV ‖ AES-256-CTR ‖ Poly1305-AES`. For one thread; does one thing at a time. */
export class Cipher {
  /** Made once: from bare bytes each cipher takes seven times as long to begin. */
  readonly #encrypt: KeyObject;
  /** Block by block, and so never at its end. */
  readonly #pads: Cipheriv;
  readonly #multiplier: Uint8Array;
  readonly #kernels: Kernels;
  readonly #memory: Uint8Array;
  readonly #scratch: number;

  /** `scratch`: the place of {@link cipherScratchBytes} in the memory of `kernels` that nobody else uses. */
  constructor(keys: KeyMaterial, kernels: Kernels, scratch: number) {
    this.#encrypt = createSecretKey(keys.encrypt);
    this.#pads = createCipheriv('aes-128-ecb', keys.k, null).setAutoPadding(false);
    this.#multiplier = keys.r;
    this.#kernels = kernels;
    this.#memory = new Uint8Array(kernels.memory.buffer);
    this.#scratch = scratch;
  }

  /** A cipher with a small memory of its own, for documents. */
  static standalone(keys: KeyMaterial, module: WebAssembly.Module = loadKernels()): Cipher {
    return new Cipher(keys, startKernels(module, makeMemory(cipherScratchBytes)), 0);
  }

  seal(plain: Uint8Array): Buffer<ArrayBuffer> {
    const sealed = Buffer.allocUnsafeSlow(plain.length + sealBytes);
    this.sealInto(plain, sealed);
    return sealed;
  }

  /** Writes `plain.length + sealBytes` bytes to `target`. `plain` may lie in it, when it begins at or behind `target[ivBytes]`. */
  sealInto(plain: Uint8Array, target: Uint8Array): void {
    const iv = randomIv();
    const end = ivBytes + plain.length;
    this.#stream(iv, plain, target.subarray(ivBytes, end));
    target.set(iv);
    target.set(this.#tag(iv, target.subarray(ivBytes, end)), end);
  }

  /** Resolves to undefined when the MAC does not fit: wrong keys or altered bytes. */
  open(sealed: Uint8Array): Buffer<ArrayBuffer> | undefined {
    if (!this.isAuthentic(sealed)) return undefined;
    const plain = Buffer.allocUnsafeSlow(sealed.length - sealBytes);
    this.#stream(sealed.subarray(0, ivBytes), sealed.subarray(ivBytes, -macBytes), plain);
    return plain;
  }

  /** As {@link open}, into the place of `sealed` itself; returns the part that holds the content. */
  openInPlace(sealed: Uint8Array): Uint8Array | undefined {
    if (!this.isAuthentic(sealed)) return undefined;
    const content = sealed.subarray(ivBytes, -macBytes);
    this.#stream(sealed.subarray(0, ivBytes), content, content);
    return content;
  }

  isAuthentic(sealed: Uint8Array): boolean {
    if (sealed.length < sealBytes) return false;
    const iv = sealed.subarray(0, ivBytes);
    if (iv.every((byte) => byte === 0)) return false;
    return timingSafeEqual(this.#tag(iv, sealed.subarray(ivBytes, -macBytes)), Buffer.from(sealed.subarray(-macBytes)));
  }

  #stream(iv: Uint8Array, from: Uint8Array, to: Uint8Array): void {
    const cipher = createCipheriv('aes-256-ctr', this.#encrypt, iv);
    for (let at = 0; at < from.length; at += cipherStepBytes) {
      const piece = cipher.update(from.subarray(at, at + cipherStepBytes));
      to.set(piece, at);
      release(piece);
    }
  }

  #tag(iv: Uint8Array, ciphertext: Uint8Array): Buffer {
    const kernels = this.#kernels;
    this.#memory.set(this.#multiplier, this.#scratch + keyPlace);
    this.#memory.set(this.#pads.update(iv), this.#scratch + keyPlace + 16);
    kernels.polyBegin(this.#scratch + keyPlace);
    if (ciphertext.buffer === this.#memory.buffer) kernels.polyUpdate(ciphertext.byteOffset, ciphertext.length);
    else this.#update(ciphertext);
    kernels.polyEnd(this.#scratch + tagPlace);
    // Copied: what lies in shared memory is not compared in constant time by Node.
    return Buffer.from(this.#memory.subarray(this.#scratch + tagPlace, this.#scratch + tagPlace + macBytes));
  }

  #update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += stepBytes) {
      const piece = bytes.subarray(at, at + stepBytes);
      this.#memory.set(piece, this.#scratch + dataPlace);
      this.#kernels.polyUpdate(this.#scratch + dataPlace, piece.length);
    }
  }
}

function randomIv(): Uint8Array {
  const iv = Buffer.alloc(ivBytes);
  do randomFillSync(iv);
  while (iv.every((byte) => byte === 0));
  return iv;
}

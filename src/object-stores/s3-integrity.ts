import { createHash } from 'node:crypto';

import { Failure } from '../foundation/failure.ts';

/** What travels with the bytes for the store to check: SHA-256 where it can, else Content-MD5, which every S3 store knows. */
export type ChecksumKind = 'sha256' | 'md5';

export interface Digest {
  readonly kind: ChecksumKind;
  readonly base64: string;
}

/** `sha256`: that of the bytes in hexadecimal digits, where it is known. */
export function digestOf(kind: ChecksumKind, bytes: Uint8Array, sha256?: string): Digest {
  if (kind === 'sha256' && sha256 !== undefined) return { kind, base64: Buffer.from(sha256, 'hex').toString('base64') };
  return { kind, base64: createHash(kind).update(bytes).digest('base64') };
}

/** The fields of PutObject and UploadPart that carry a digest. */
export function digestFields(digest: Digest): { readonly ChecksumSHA256: string } | { readonly ContentMD5: string } {
  return digest.kind === 'sha256' ? { ChecksumSHA256: digest.base64 } : { ContentMD5: digest.base64 };
}

/** The part of an answer in which a store says what it received. */
export interface StoreAccount {
  readonly ChecksumSHA256?: string | undefined;
  readonly ETag?: string | undefined;
}

/**
 * Compares a store's account with what was sent. `unknown` where it says nothing comparable: an ETag that is not the MD5
 * proves nothing, as it is not one under SSE-KMS.
 */
export function accountOf(answer: StoreAccount, sent: Digest): 'same' | 'different' | 'unknown' {
  if (sent.kind === 'sha256') {
    if (answer.ChecksumSHA256 === undefined) return 'unknown';
    return answer.ChecksumSHA256 === sent.base64 ? 'same' : 'different';
  }
  const etag = answer.ETag?.replaceAll('"', '').toLowerCase();
  return etag === Buffer.from(sent.base64, 'base64').toString('hex') ? 'same' : 'unknown';
}

/** The store says, or shows, that it holds something else than was sent. */
export function notConfirmed(attempt: string, what: string): Failure {
  return new Failure('E_WRITE_NOT_CONFIRMED', `${attempt}: ${what}`, {
    hint: 'run again; when it stays so, do not trust this store before its operator has explained it',
    retry: 'now',
  });
}

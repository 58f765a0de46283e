import { createHash } from 'node:crypto';
import type { ManifestFile } from '../../domain/manifest.ts';
import { exitCodes, Failure, isFailure } from '../../foundation/failure.ts';

/**
 * The bytes of `open()` as they come; after the last it rejects with E_FILE_DAMAGED (exit code 20) unless their number and SHA-256 are the
 * manifest's. Whoever writes them somewhere must therefore not trust what is there before the iteration has ended.
 */
export async function* checkedContent(open: () => AsyncIterable<Uint8Array>, file: ManifestFile, name: string): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of open()) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) throw damaged(name, 'it is missing', error);
    if (isFailure(error, 'E_OBJECT_DAMAGED')) throw damaged(name, 'it does not have the checksum that the store keeps of it', error);
    throw error;
  }
  const finding = differenceFrom(file, bytes, hash.digest('hex'));
  if (finding !== undefined) throw damaged(name, `it ${finding}`);
}

/** What is wrong with content of so many bytes and this SHA-256, in one clause, or undefined. */
export function differenceFrom(file: ManifestFile, bytes: number, sha256: string | undefined): string | undefined {
  if (bytes !== file.bytes) return `has ${bytes} bytes instead of ${file.bytes}`;
  if (sha256 === undefined || file.sha256 === undefined || sha256 === file.sha256) return undefined;
  return `hashes to ${sha256.slice(0, 12)}… instead of ${file.sha256.slice(0, 12)}…`;
}

export function damaged(name: string, state: string, cause?: unknown): Failure {
  return new Failure('E_FILE_DAMAGED', `Cannot read ${name}: ${state}`, {
    cause,
    exitCode: exitCodes.verificationFailed,
    hint: 'use another snapshot; "rootcellar verify --read-data" tells which are whole',
  });
}

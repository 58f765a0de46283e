import { hkdfSync } from 'node:crypto';
import type { Id } from '../format/hex-id.ts';
import { joinKeyMaterial, type KeyMaterial } from './key-material.ts';

export const gearTableBytes = 2048;

/**
 * The 256 numbers that the cutting of this repository rests on: without its keys nobody can tell where a file is cut. Must never change for a
 * repository, as every file would be cut anew.
 */
export function gearTable(keys: KeyMaterial, repositoryId: Id): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', joinKeyMaterial(keys), Buffer.from(repositoryId, 'hex'), 'rootcellar gear 1', gearTableBytes));
}

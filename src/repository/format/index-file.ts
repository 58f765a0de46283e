import { decodeJsonObject, encodeGoJson } from './go-json.ts';
import { isId, type Id } from './hex-id.ts';
import type { PackedBlob } from './pack-header.ts';
import { damaged, shortened } from './repository-failures.ts';

export interface IndexedPack {
  readonly id: Id;
  readonly blobs: readonly PackedBlob[];
}

export interface IndexFile {
  /** Index files whose place this one takes. */
  readonly supersedes: readonly Id[];
  readonly packs: readonly IndexedPack[];
}

export function encodeIndex({ supersedes, packs }: IndexFile): Buffer {
  const document = {
    supersedes: supersedes.length === 0 ? undefined : supersedes,
    packs: packs.map(({ id, blobs }) => ({
      id,
      blobs: blobs.map((blob) => ({
        id: blob.id,
        type: blob.type,
        offset: blob.offset,
        length: blob.length,
        uncompressed_length: blob.rawLength === 0 ? undefined : blob.rawLength,
      })),
    })),
  };
  return Buffer.from(`${encodeGoJson(document)}\n`);
}

/** @throws Failure E_REPOSITORY_DAMAGED when a field is missing or out of bounds */
export function decodeIndex(bytes: Uint8Array, indexId: Id): IndexFile {
  const what = `index ${shortened(indexId)}`;
  const document = decodeJsonObject(Buffer.from(bytes).toString('utf8'));
  // The oldest restic wrote a bare list of packs.
  const { supersedes = [], packs } = document ?? {};
  if (!Array.isArray(supersedes) || !(Array.isArray(packs) || packs === null)) throw damaged(what, 'it is no index');
  return {
    supersedes: supersedes.filter((id): id is Id => typeof id === 'string' && isId(id)),
    packs: (packs ?? []).map((pack: unknown) => decodePack(pack, what)),
  };
}

function decodePack(pack: unknown, what: string): IndexedPack {
  const { id, blobs } = (pack ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || !isId(id) || !Array.isArray(blobs)) throw damaged(what, 'an entry is no pack');
  return { id, blobs: blobs.map((blob: unknown) => decodeBlob(blob, what)) };
}

function decodeBlob(blob: unknown, what: string): PackedBlob {
  const { id, type, offset, length, uncompressed_length: rawLength = 0 } = (blob ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || !isId(id) || (type !== 'data' && type !== 'tree')) throw damaged(what, 'an entry is no blob');
  if (!isLength(offset) || !isLength(length) || length < 32 || !isLength(rawLength)) {
    throw damaged(what, `blob ${shortened(id)} has an impossible place`);
  }
  return { id, type, offset, length, rawLength };
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

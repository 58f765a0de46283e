import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { decodeJsonObject } from '../format/go-json.ts';
import { idOf, isId, type Id } from '../format/hex-id.ts';
import type { Cipher } from '../sealing/cipher.ts';

const prefix = '.rootcellar/unneeded/';

export interface Mark {
  readonly key: string;
  /** By the store's clock. */
  readonly markedAt: Date;
  readonly packs: readonly Id[];
}

/** Says of packs that nothing needs them, from now on by the store's clock. */
export async function writeMark(store: ObjectStore, cipher: Cipher, packs: readonly Id[], signal: AbortSignal | undefined): Promise<void> {
  const sealed = cipher.seal(Buffer.from(JSON.stringify({ version: 1, packs })));
  await store.put(`${prefix}${idOf(sealed)}`, sealed, { signal });
}

/** All marks; what cannot be read counts for nothing, so that its packs are marked again. */
export async function readMarks(store: ObjectStore, cipher: Cipher, signal: AbortSignal | undefined): Promise<Mark[]> {
  const marks: Mark[] = [];
  for await (const { key, modifiedAt } of store.list(prefix, { signal })) {
    const sealed = await readMark(store, key, signal);
    if (sealed === undefined) continue;
    const document = cipher.open(sealed);
    const packs = document === undefined ? [] : decodeJsonObject(document.toString('utf8'))?.['packs'];
    const ids = Array.isArray(packs) ? packs.filter((id): id is Id => typeof id === 'string' && isId(id)) : [];
    marks.push({ key, markedAt: modifiedAt, packs: ids });
  }
  return marks;
}

/** Undefined when it is gone, as a prune removes what it is done with. */
async function readMark(store: ObjectStore, key: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key, { signal });
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { decodeJsonObject } from '../format/go-json.ts';
import { idOf, isId, type Id } from '../format/hex-id.ts';
import type { Cipher } from '../sealing/cipher.ts';

export const marksPrefix = '.rootcellar/unneeded/';

export interface Mark {
  readonly key: string;
  /** By the store's clock. */
  readonly markedAt: Date;
  readonly packs: readonly Id[];
  /** Those of them that are damaged, and of which all that is whole lies elsewhere: no index may list them again. */
  readonly damaged: readonly Id[];
  /** It says nothing, as it cannot be read. */
  readonly isUnreadable: boolean;
}

/** Says of packs that nothing needs them, from now on by the store's clock. */
export async function writeMark(
  store: ObjectStore,
  cipher: Cipher,
  {
    packs,
    damaged = [],
    signal,
  }: { readonly packs: readonly Id[]; readonly damaged?: readonly Id[]; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const document = { version: 1, packs, ...(damaged.length > 0 && { damaged }) };
  const sealed = cipher.seal(Buffer.from(JSON.stringify(document)));
  await store.put(`${marksPrefix}${idOf(sealed)}`, sealed, { signal });
}

/** All marks; what cannot be read counts for nothing, so that its packs are marked again. */
export async function readMarks(store: ObjectStore, cipher: Cipher, signal: AbortSignal | undefined): Promise<Mark[]> {
  const marks: Mark[] = [];
  for await (const { key, modifiedAt } of store.list(marksPrefix, { signal })) {
    const id = key.slice(marksPrefix.length);
    if (!isId(id)) continue;
    // A prune beside us may have removed it.
    const sealed = await store.get(key, { isCheckedByCaller: true, signal }).catch(unlessMissing);
    if (sealed === undefined) continue;
    const document = idOf(sealed) === id ? decodeJsonObject(cipher.open(sealed)?.toString('utf8') ?? '') : undefined;
    const isUnreadable = document === undefined;
    marks.push({ key, markedAt: modifiedAt, packs: idsOf(document?.['packs']), damaged: idsOf(document?.['damaged']), isUnreadable });
  }
  return marks;
}

function idsOf(list: unknown): Id[] {
  return Array.isArray(list) ? list.filter((id): id is Id => typeof id === 'string' && isId(id)) : [];
}

function unlessMissing(error: unknown): undefined {
  if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
}

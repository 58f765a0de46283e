import { isFailure } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { BlobIndex } from './blob-index.ts';
import { decodeJsonObject } from './format/go-json.ts';
import { idOf, isId, type Id } from './format/hex-id.ts';
import type { Cipher } from './sealing/cipher.ts';

/** Where it is written down which trees were forgotten on purpose: those that no snapshot names otherwise have lost theirs. */
export const forgottenPrefix = '.rootcellar/forgotten/';

interface StorePlace {
  readonly store: ObjectStore;
  readonly cipher: Cipher;
}

export interface ForgottenTrees {
  readonly key: string;
  readonly trees: readonly Id[];
  /** It says nothing, as it cannot be read. */
  readonly isUnreadable: boolean;
}

/** Written before the snapshots go. */
export async function writeForgotten({ store, cipher }: StorePlace, trees: readonly Id[], signal: AbortSignal | undefined): Promise<void> {
  const sealed = cipher.seal(Buffer.from(JSON.stringify({ version: 1, trees })));
  await store.put(`${forgottenPrefix}${idOf(sealed)}`, sealed, { signal });
}

/** All that was written down; what cannot be read says nothing. */
export async function readForgotten({ store, cipher }: StorePlace, signal: AbortSignal | undefined): Promise<ForgottenTrees[]> {
  const found: ForgottenTrees[] = [];
  for await (const { key } of store.list(forgottenPrefix, { signal })) {
    if (!isId(key.slice(forgottenPrefix.length))) continue;
    const sealed = await store.get(key, { isCheckedByCaller: true, signal }).catch(unlessMissing);
    if (sealed === undefined) continue;
    const document = decodeJsonObject(cipher.open(sealed)?.toString('utf8') ?? '');
    const trees = document?.['trees'];
    const ids = Array.isArray(trees) ? trees.filter((id): id is Id => typeof id === 'string' && isId(id)) : [];
    found.push({ key, trees: ids, isUnreadable: document === undefined });
  }
  return found;
}

/** Those that say nothing more, as their trees are gone. */
export function spentForgotten(forgotten: readonly ForgottenTrees[], index: BlobIndex): string[] {
  return forgotten.filter(({ trees }) => !trees.some((id) => index.has('tree', id))).map(({ key }) => key);
}

function unlessMissing(error: unknown): undefined {
  if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
}

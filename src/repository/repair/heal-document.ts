import { isFailure } from '../../foundation/failure.ts';
import type { DocumentKind } from '../documents.ts';
import { idOf, type Id } from '../format/hex-id.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { undoFlippedBit } from './flipped-bit.ts';

/** The bytes of a document that does not lie, whole, where it should. */
export interface HealedDocument {
  /** Its name. */
  readonly id: Id;
  /** Under which name something of it was found. */
  readonly foundAs: Id;
  readonly sealed: Uint8Array;
  readonly how: 'a flipped bit was put right' | 'it lay under another name' | 'this machine has a copy';
}

/** What can be made of a document that cannot be read: there is a copy, one bit of it was flipped, or it is another one, whole. Undefined for anything else. */
export async function healDocument(
  { store, cipher, opened, cache }: RepositoryCore,
  kind: DocumentKind,
  id: Id,
  signal: AbortSignal | undefined,
): Promise<HealedDocument | undefined> {
  const copy = await cache?.get(kind, id);
  if (copy !== undefined && idOf(copy) === id) return { id, foundAs: id, sealed: copy, how: 'this machine has a copy' };
  const found = await readAsItIs(store, `${kind}/${id}`, signal);
  if (found === undefined) return undefined;
  if (cipher.isAuthentic(found)) {
    const actual = idOf(found);
    return actual === id ? undefined : { id: actual, foundAs: id, sealed: found, how: 'it lay under another name' };
  }
  const sealed = undoFlippedBit(opened.keys, found);
  return sealed !== undefined && idOf(sealed) === id ? { id, foundAs: id, sealed, how: 'a flipped bit was put right' } : undefined;
}

async function readAsItIs(store: RepositoryCore['store'], key: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key, { isCheckedByCaller: true, signal });
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

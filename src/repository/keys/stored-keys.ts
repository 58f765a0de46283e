import { isFailure } from '../../foundation/failure.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { idOf, isId, type Id } from '../format/hex-id.ts';
import { decodeKey, unlockKey, type KeyFile } from '../format/key-file.ts';
import { damaged, shortened, storeChecksumDiffers } from '../format/repository-failures.ts';
import type { KeyMaterial } from '../sealing/key-material.ts';

/** How many keys are tried for one password, the newest first: each costs a tenth of a second, and anyone may put key files there. */
export const mostKeysTried = 20;

/** Where a key of this ID lies. */
export function keyKey(id: Id): string {
  return `keys/${id}`;
}

/** The IDs of all key files, the newest first by the store's clock; objects of other names are passed over. */
export async function listKeyIds(store: ObjectStore, signal?: AbortSignal): Promise<Id[]> {
  const stored = await Array.fromAsync(store.list('keys/', { signal }));
  return stored
    .toSorted((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime())
    .map(({ key }) => key.slice('keys/'.length))
    .filter(isId);
}

/** @throws Failure E_REPOSITORY_DAMAGED, E_OBJECT_MISSING */
export async function readKey(store: ObjectStore, id: Id, signal?: AbortSignal): Promise<KeyFile> {
  const what = nameOf(id);
  const bytes = await store.get(keyKey(id), { signal }).catch((error: unknown) => {
    throw isFailure(error, 'E_OBJECT_DAMAGED') ? damaged(what, storeChecksumDiffers, error, { isAltered: true }) : error;
  });
  if (idOf(bytes) !== id) throw damaged(what, `its bytes hash to ${shortened(idOf(bytes))}`, undefined, { isAltered: true });
  return decodeKey(bytes, what);
}

/** The master keys, or undefined when the password is not this key's. @throws Failure E_REPOSITORY_DAMAGED, E_OBJECT_MISSING */
export async function unlockStored(store: ObjectStore, id: Id, password: Secret, signal?: AbortSignal): Promise<KeyMaterial | undefined> {
  return unlockKey(await readKey(store, id, signal), password, nameOf(id));
}

function nameOf(id: Id): string {
  return `key ${shortened(id)}`;
}

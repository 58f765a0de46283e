import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { Id } from '../format/hex-id.ts';
import { isAltered, stateOf } from '../format/repository-failures.ts';
import { keyKey, listKeyIds, readKey } from './stored-keys.ts';

export interface KeyDamage {
  readonly id: Id;
  readonly object: string;
  /** One clause. */
  readonly finding: string;
  /** Its bytes are not those that were written; otherwise it may be of a program that knows more. */
  readonly isAltered: boolean;
}

/** The key files that cannot be read: whoever has only the password of such a one cannot open the repository any more. */
export async function findKeyDamage(store: ObjectStore, signal: AbortSignal | undefined): Promise<KeyDamage[]> {
  const found: KeyDamage[] = [];
  for (const id of await listKeyIds(store, signal)) {
    try {
      await readKey(store, id, signal);
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) continue;
      if (!isFailure(error, 'E_REPOSITORY_DAMAGED')) throw error;
      found.push({ id, object: keyKey(id), finding: stateOf(error), isAltered: isAltered(error) });
    }
  }
  return found;
}

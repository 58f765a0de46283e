import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { idOf, type Id } from '../format/hex-id.ts';
import { decodeKey, type KeyFile } from '../format/key-file.ts';
import { shortened } from '../format/repository-failures.ts';
import { findKeyDamage } from '../keys/key-damage.ts';
import { keyKey, listKeyIds, readKey } from '../keys/stored-keys.ts';
import { undoFlipByHash } from './undo-flip-by-hash.ts';

/** A key file that can be used: as it lies there, or as it was put right. */
export interface UsableKey {
  readonly id: Id;
  readonly file: KeyFile;
  /** What is to be written under its name; undefined where it lies there whole. */
  readonly healed: Uint8Array | undefined;
}

export interface KeyRepairPlan {
  readonly usable: readonly UsableKey[];
  /** Altered, and nothing can be made of them. */
  readonly lost: readonly { readonly id: Id; readonly finding: string }[];
}

/** All key files, with what can be made of altered ones: one whose bit was flipped, or that lies under another's name. */
export async function planKeyRepair(store: ObjectStore, signal: AbortSignal | undefined): Promise<KeyRepairPlan> {
  const damaged = (await findKeyDamage(store, signal)).filter(({ isAltered }) => isAltered);
  const altered = new Set(damaged.map(({ id }) => id));
  const usable = new Map<Id, UsableKey>();
  for (const id of await listKeyIds(store, signal)) {
    const file = altered.has(id) ? undefined : await readUsable(store, id, signal);
    if (file !== undefined) usable.set(id, { id, file, healed: undefined });
  }
  for (const { id } of damaged) {
    const found = await store.get(keyKey(id), { isCheckedByCaller: true, signal });
    const actual = idOf(found);
    // Without its password nothing but its name vouches for a key: so under another's name it must be one that is missed.
    const whole = altered.has(actual) ? { id: actual, bytes: found } : { id, bytes: undoFlipByHash(found, id) };
    const file = whole.bytes && decoded(whole.bytes, whole.id);
    if (file !== undefined) usable.set(whole.id, { id: whole.id, file, healed: whole.bytes });
  }
  return { usable: [...usable.values()], lost: damaged.filter(({ id }) => !usable.has(id)) };
}

async function readUsable(store: ObjectStore, id: Id, signal: AbortSignal | undefined): Promise<KeyFile | undefined> {
  try {
    return await readKey(store, id, signal);
  } catch (error) {
    if (isFailure(error, 'E_REPOSITORY_DAMAGED') || isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

function decoded(bytes: Uint8Array, id: Id): KeyFile | undefined {
  try {
    return decodeKey(bytes, `key ${shortened(id)}`);
  } catch (error) {
    if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return undefined;
    throw error;
  }
}

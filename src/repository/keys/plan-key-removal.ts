import { Failure, wrongUsage } from '../../foundation/failure.ts';
import { shortened } from '../format/repository-failures.ts';
import type { StoredKey } from './repository-keys.ts';

export interface KeyRemovalPlan {
  readonly key: StoredKey;
  readonly staying: readonly StoredKey[];
}

/**
 * Decides which key `wanted`, an ID or the beginning of one, would remove. The key in use stays: it is the one that is proven to open the
 * repository, and so never the last one goes.
 *
 * @throws Failure E_KEY_UNKNOWN, E_KEY_IN_USE, and E_USAGE where several are named
 */
export function planKeyRemoval(keys: readonly StoredKey[], wanted: string): KeyRemovalPlan {
  const found = wanted.length >= 2 ? keys.filter(({ id }) => id.startsWith(wanted)) : [];
  const [key, ...others] = found;
  if (key === undefined) {
    throw new Failure(
      'E_KEY_UNKNOWN',
      `Cannot find key "${wanted}": ${keys.length === 1 ? 'the only one has another ID' : `none of the ${keys.length} has this ID`}`,
      {
        hint: 'run "rootcellar key list" to see them all',
      },
    );
  }
  if (others.length > 0) {
    const names = found.map(({ id }) => shortened(id)).join(', ');
    throw wrongUsage(`Cannot tell which key "${wanted}" is: it names ${found.length}: ${names}`, 'give more digits of the ID');
  }
  if (key.isInUse || !keys.some(({ isInUse }) => isInUse)) {
    const state = key.isInUse ? 'it is the one that opened the archive just now' : 'the one that opened the archive just now is gone';
    throw new Failure('E_KEY_IN_USE', `Cannot remove key ${shortened(key.id)}: ${state}`, {
      hint: 'come with the password of another key (setting passwordFile), or replace the one in use with "rootcellar key change"',
    });
  }
  return { key, staying: keys.filter((one) => one !== key) };
}

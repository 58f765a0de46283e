import { timingSafeEqual } from 'node:crypto';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { exitCodes, Failure, isFailure, messageOf, wrongUsage } from '../../foundation/failure.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { Id } from '../format/hex-id.ts';
import { type Lock, underLock } from '../locks.ts';
import { writeKey, type KeyHolder } from '../open-repository.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { joinKeyMaterial } from '../sealing/key-material.ts';
import { planKeyRemoval, type KeyRemovalPlan } from './plan-key-removal.ts';
import { keyKey, listKeyIds, mostKeysTried, readKey, unlockStored } from './stored-keys.ts';

/** A key file, as far as it can be read without its password. */
export interface StoredKey {
  readonly id: Id;
  /** Whether it opened the repository just now. */
  readonly isInUse: boolean;
  /** RFC 3339, as its maker wrote it; like the labels nobody vouches for it. Empty where the file is damaged. */
  readonly created: string;
  readonly username: string;
  readonly hostname: string;
  /** Why it cannot be read, in one sentence. */
  readonly damage: string | undefined;
}

const readsAtOnce = 8;

/**
 * The passwords of a repository. Each key file locks the same master keys with one password: whoever had one and read the store can
 * keep the master keys, so removing a key keeps out only who did not.
 */
export class RepositoryKeys {
  readonly #core: RepositoryCore;
  readonly #password: Secret;

  /** `password` is the one that opened it. */
  constructor(core: RepositoryCore, password: Secret) {
    this.#core = core;
    this.#password = password;
  }

  /** All key files, the newest first by the store's clock; damaged ones are told, and the others are given. */
  async list(signal?: AbortSignal): Promise<StoredKey[]> {
    const { store, opened } = this.#core;
    const ids = await listKeyIds(store, signal);
    const keys = await mapConcurrently(ids, readsAtOnce, (id) => describe(store, id, opened.keyId, signal));
    return keys.filter((key) => key !== undefined);
  }

  /**
   * Lets `password` open the repository. Resolves to the key, which was read back and has opened it; one that this password opens already is
   * left as it is.
   *
   * @throws Failure E_TOO_MANY_KEYS; E_STORE_UNFAITHFUL when the new key does not come back as it was written, and nothing is left of it
   */
  async add(password: Secret, holder: KeyHolder, signal?: AbortSignal): Promise<{ readonly id: Id; readonly isNew: boolean }> {
    return this.#locked(false, signal, async () => {
      const [known] = await this.#keysOf(password, signal);
      if (known !== undefined) return { id: known, isNew: false };
      await this.#assertRoom(signal);
      return { id: await this.#make(password, holder, signal), isNew: true };
    });
  }

  /** What {@link remove} would do. @throws Failure E_KEY_UNKNOWN, E_KEY_IN_USE, E_USAGE */
  async planRemoval(wanted: string, signal?: AbortSignal): Promise<KeyRemovalPlan> {
    return planKeyRemoval(await this.list(signal), wanted);
  }

  /** Plans anew, under an exclusive lock, so that of two removals none takes what the other leaves, and removes the key. */
  async remove(id: Id, signal?: AbortSignal): Promise<void> {
    await this.#locked(true, signal, async (lock) => {
      const { key } = await this.planRemoval(id, signal);
      await lock.assertHeld();
      await this.#core.store.delete([keyKey(key.id)], { signal });
      // Frozen right before that, this process lost its lock, and the one who came then may have removed the key in use.
      if ((await this.list(signal)).length === 0) await this.#make(this.#password, this.#core.options.owner, signal);
    });
  }

  /**
   * Replaces the password in use: the new key is written, read back, and has opened the repository before the keys of the old one are
   * removed. Killed in between, both open it, and the next try goes on.
   *
   * @throws Failure E_USAGE when both are the same, E_STORE_UNFAITHFUL, E_KEY_NOT_REMOVED (exit code 3) when the old one stays
   */
  async change(password: Secret, holder: KeyHolder, signal?: AbortSignal): Promise<{ readonly id: Id; readonly removed: readonly Id[] }> {
    return this.#locked(true, signal, async (lock) => {
      const known = await this.#keysOf(password, signal);
      const { opened } = this.#core;
      if (known.includes(opened.keyId)) {
        throw wrongUsage('Cannot change the password: the new one is the one in use', 'write another one into the new password file');
      }
      const id = known[0] ?? (await this.#make(password, holder, signal));
      const others = (await this.#keysOf(this.#password, signal)).filter((one) => one !== opened.keyId && one !== id);
      const removed = [opened.keyId, ...others];
      await lock.assertHeld();
      await this.#removeOld(removed, signal);
      // Likewise: the new one may be gone.
      const isThere = await this.#isOpenedBy(id, password, signal);
      return { id: isThere ? id : await this.#make(password, holder, signal), removed };
    });
  }

  async #removeOld(ids: readonly Id[], signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#core.store.delete(ids.map(keyKey), { signal });
    } catch (error) {
      if (!isFailure(error)) throw error;
      throw new Failure('E_KEY_NOT_REMOVED', `Cannot remove the old key, so both passwords open the archive: ${messageOf(error)}`, {
        cause: error,
        exitCode: exitCodes.partial,
        hint: 'run it again with the old password, as an account that may delete; the new key is used again',
      });
    }
  }

  /** The keys, of those that are tried, that this password opens and that are of this repository. */
  async #keysOf(password: Secret, signal: AbortSignal | undefined): Promise<Id[]> {
    const { store } = this.#core;
    const fitting: Id[] = [];
    for (const id of (await listKeyIds(store, signal)).slice(0, mostKeysTried)) {
      signal?.throwIfAborted();
      if (await this.#isOpenedBy(id, password, signal)) fitting.push(id);
    }
    return fitting;
  }

  async #isOpenedBy(id: Id, password: Secret, signal: AbortSignal | undefined): Promise<boolean> {
    const { store, opened } = this.#core;
    try {
      const keys = await unlockStored(store, id, password, signal);
      return keys !== undefined && timingSafeEqual(joinKeyMaterial(keys), joinKeyMaterial(opened.keys));
    } catch (error) {
      if (isFailure(error, 'E_REPOSITORY_DAMAGED') || isFailure(error, 'E_OBJECT_MISSING')) return false;
      throw error;
    }
  }

  /** Writes a key, and believes it only when it has come back and given the master keys. */
  async #make(password: Secret, holder: KeyHolder, signal: AbortSignal | undefined): Promise<Id> {
    const { store, opened, options } = this.#core;
    const { clock, scrypt } = options;
    const id = await writeKey(store, opened.keys, password, { clock, holder, scrypt, signal });
    if (await this.#isOpenedBy(id, password, signal)) return id;
    await store.delete([keyKey(id)], { signal });
    throw new Failure('E_STORE_UNFAITHFUL', `Cannot make a key: ${store.location} gives back another one than was written`, {
      exitCode: exitCodes.verificationFailed,
      retry: 'later',
      hint: 'nothing was changed; look at the store ("rootcellar doctor"), then run it again',
    });
  }

  async #assertRoom(signal: AbortSignal | undefined): Promise<void> {
    const { store } = this.#core;
    if ((await listKeyIds(store, signal)).length < mostKeysTried) return;
    throw new Failure('E_TOO_MANY_KEYS', `Cannot add a key: ${store.location} has ${mostKeysTried}, and no more are tried for a password`, {
      hint: 'remove one that nobody needs ("rootcellar key list", "rootcellar key remove")',
    });
  }

  #locked<Result>(isExclusive: boolean, signal: AbortSignal | undefined, work: (lock: Lock) => Promise<Result>): Promise<Result> {
    const { documents, options } = this.#core;
    const { owner, clock } = options;
    return underLock(documents, isExclusive, { owner, clock, signal }, work);
  }
}

/** Undefined for one that has gone meanwhile. */
async function describe(store: ObjectStore, id: Id, inUse: Id, signal: AbortSignal | undefined): Promise<StoredKey | undefined> {
  try {
    const { created, username, hostname } = await readKey(store, id, signal);
    return { id, isInUse: id === inUse, created, username, hostname, damage: undefined };
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    if (!isFailure(error, 'E_REPOSITORY_DAMAGED')) throw error;
    return { id, isInUse: id === inUse, created: '', username: '', hostname: '', damage: error.message };
  }
}

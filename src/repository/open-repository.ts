import { randomBytes } from 'node:crypto';
import type { Clock } from '../foundation/clock.ts';
import { exitCodes, Failure, isFailure } from '../foundation/failure.ts';
import type { Secret } from '../foundation/secret.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { configKey, decodeConfig, encodeConfig, type RepositoryConfig } from './format/config-file.ts';
import { unpackDocument } from './format/document.ts';
import type { Moment } from './format/go-time.ts';
import { idOf, isId, type Id } from './format/hex-id.ts';
import { decodeKey, encodeKey, unlockKey, type ScryptCost } from './format/key-file.ts';
import { drawPolynomial } from './format/polynomial.ts';
import { damaged, shortened } from './format/repository-failures.ts';
import { Cipher } from './sealing/cipher.ts';
import { randomKeyMaterial, type KeyMaterial } from './sealing/key-material.ts';

export interface KeyHolder {
  readonly username: string;
  readonly hostname: string;
}

export interface OpenedRepository {
  readonly config: RepositoryConfig;
  readonly keys: KeyMaterial;
  readonly keyId: Id;
}

const mostKeysTried = 20;

/**
 * Makes a repository: its key, then its config. Resolves to false when there is one already.
 *
 * Killed in between it leaves a key that belongs to nothing; the next call makes its own.
 */
export async function createRepository(
  store: ObjectStore,
  password: Secret,
  made: {
    readonly clock: Clock;
    readonly holder: KeyHolder;
    readonly scrypt?: ScryptCost | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<boolean> {
  const { signal } = made;
  if ((await store.head(configKey, { signal })) !== undefined) return false;
  const keys = randomKeyMaterial();
  const keyId = await writeKey(store, keys, password, made);
  const config = { version: 2, id: randomBytes(32).toString('hex'), chunkerPolynomial: drawPolynomial(randomBytes) } as const;
  const sealed = Cipher.standalone(keys).seal(encodeConfig(config));
  try {
    await putConfig(store, sealed, signal);
    return true;
  } catch (error) {
    if (!isFailure(error, 'E_OBJECT_EXISTS')) throw error;
    await store.delete([`keys/${keyId}`], { signal });
    return false;
  }
}

/** Only where there is none, so that of two who make it at once one wins; as well as the store can. */
async function putConfig(store: ObjectStore, sealed: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
  try {
    await store.put(configKey, sealed, { condition: { absent: true }, signal });
  } catch (error) {
    if (!isFailure(error, 'E_CONDITIONAL_WRITES_UNSUPPORTED')) throw error;
    await store.put(configKey, sealed, { signal });
  }
}

/** Locks the master keys with one more password. */
export async function writeKey(
  store: ObjectStore,
  keys: KeyMaterial,
  password: Secret,
  made: {
    readonly clock: Clock;
    readonly holder: KeyHolder;
    readonly scrypt?: ScryptCost | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Id> {
  const created: Moment = { milliseconds: made.clock.now().getTime(), nanoseconds: 0 };
  const key = await encodeKey(keys, password, { created, ...made.holder, cost: made.scrypt });
  const id = idOf(key);
  await store.put(`keys/${id}`, key, { signal: made.signal });
  return id;
}

/**
 * Tries the password on the keys, the newest first.
 *
 * @throws Failure E_ARCHIVE_MISSING (exit code 10) without a config, E_WRONG_KEY (12) when no key fits, E_REPOSITORY_DAMAGED (20)
 */
export async function openRepository(store: ObjectStore, password: Secret, signal?: AbortSignal): Promise<OpenedRepository> {
  const sealed = await readConfig(store, signal);
  const { id: keyId, keys } = await findKey(store, password, signal);
  const config = Cipher.standalone(keys).open(sealed);
  if (config === undefined) throw damaged('the config of the repository', 'its MAC does not fit');
  return { config: decodeConfig(unpackDocument(config, 'the config of the repository')), keys, keyId };
}

async function readConfig(store: ObjectStore, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return await store.get(configKey, { signal });
  } catch (error) {
    if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
    throw new Failure('E_ARCHIVE_MISSING', `Cannot open the archive ${store.location}: there is none`, {
      exitCode: exitCodes.archiveMissing,
      hint: 'check the setting archive, or make one with "rootcellar init"',
    });
  }
}

async function findKey(store: ObjectStore, password: Secret, signal: AbortSignal | undefined): Promise<{ id: Id; keys: KeyMaterial }> {
  const stored = await Array.fromAsync(store.list('keys/', { signal }));
  const ids = stored
    .toSorted((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime())
    .map(({ key }) => key.slice('keys/'.length))
    .filter(isId);
  let trouble: unknown;
  for (const id of ids.slice(0, mostKeysTried)) {
    signal?.throwIfAborted();
    try {
      const keys = await unlock(store, id, password, signal);
      if (keys !== undefined) return { id, keys };
    } catch (error) {
      if (!isFailure(error, 'E_REPOSITORY_DAMAGED') && !isFailure(error, 'E_OBJECT_MISSING')) throw error;
      trouble = error;
    }
  }
  if (ids.length === 0) throw damaged(`the archive ${store.location}`, 'it has no key');
  throw new Failure('E_WRONG_KEY', `Cannot open the archive ${store.location}: the password fits none of its ${countOf(ids.length)}`, {
    exitCode: exitCodes.wrongKey,
    hint: 'check the file that password-file names',
    cause: trouble,
  });
}

async function unlock(store: ObjectStore, id: Id, password: Secret, signal: AbortSignal | undefined): Promise<KeyMaterial | undefined> {
  const what = `key ${shortened(id)}`;
  const bytes = await store.get(`keys/${id}`, { signal });
  if (idOf(bytes) !== id) throw damaged(what, `its bytes hash to ${shortened(idOf(bytes))}`);
  return unlockKey(decodeKey(bytes, what), password, what);
}

function countOf(keys: number): string {
  return keys === 1 ? '1 key' : `${keys} keys`;
}

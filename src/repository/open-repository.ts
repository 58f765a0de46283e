import { randomBytes } from 'node:crypto';
import type { Clock } from '../foundation/clock.ts';
import { exitCodes, Failure, isFailure } from '../foundation/failure.ts';
import type { Secret } from '../foundation/secret.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { configKey, decodeConfig, encodeConfig, type RepositoryConfig } from './format/config-file.ts';
import { unpackDocument } from './format/document.ts';
import type { Moment } from './format/go-time.ts';
import { idOf, type Id } from './format/hex-id.ts';
import { encodeKey, type ScryptCost } from './format/key-file.ts';
import { drawPolynomial, type Polynomial } from './format/polynomial.ts';
import { damaged, storeChecksumDiffers } from './format/repository-failures.ts';
import { keyKey, listKeyIds, mostKeysTried, unlockStored } from './keys/stored-keys.ts';
import { damagedConfig, isConfigLost } from './lost-config.ts';
import { Cipher } from './sealing/cipher.ts';
import { cuttingKey } from './sealing/gear-table.ts';
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

/** What a new repository has of another one. */
export interface RepositoryPattern {
  /** The master keys; new ones are drawn where it is undefined. */
  readonly keys: KeyMaterial | undefined;
  /** By which restic cuts. */
  readonly chunkerPolynomial: Polynomial;
  /** By which we cut. */
  readonly cutting: Uint8Array;
}

/** A repository that cuts where `opened` does, with the same master keys or new ones. */
export function patternOf({ config, keys }: OpenedRepository, areKeysNew: boolean): RepositoryPattern {
  const { chunkerPolynomial, id } = config;
  return { keys: areKeysNew ? undefined : keys, chunkerPolynomial, cutting: config.cutting ?? cuttingKey(keys, id) };
}

/**
 * Makes a repository: its key, then its config. Resolves to false when there is one already.
 *
 * Killed in between it leaves a key that belongs to nothing; the next call makes its own.
 *
 * @throws Failure E_REPOSITORY_DAMAGED (exit code 20) where a repository has lost its config: it would be buried
 */
export async function createRepository(
  store: ObjectStore,
  password: Secret,
  made: {
    readonly clock: Clock;
    readonly holder: KeyHolder;
    readonly scrypt?: ScryptCost | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly pattern?: RepositoryPattern | undefined;
  },
): Promise<boolean> {
  const { signal, pattern } = made;
  if ((await store.head(configKey, { signal })) !== undefined) return false;
  if (await isConfigLost(store, signal)) throw damagedConfig('it is missing, and there are snapshots or an index');
  const keys = pattern?.keys ?? randomKeyMaterial();
  const keyId = await writeKey(store, keys, password, made);
  const chunkerPolynomial = pattern?.chunkerPolynomial ?? drawPolynomial(randomBytes);
  const config = { version: 2, id: randomBytes(32).toString('hex'), chunkerPolynomial, cutting: pattern?.cutting } as const;
  const sealed = Cipher.standalone(keys).seal(encodeConfig(config));
  try {
    await putConfig(store, sealed, signal);
    return true;
  } catch (error) {
    if (!isFailure(error, 'E_OBJECT_EXISTS')) throw error;
    await store.delete([keyKey(keyId)], { signal });
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
  await store.put(keyKey(id), key, { signal: made.signal });
  return id;
}

/**
 * Tries the password on the keys, the newest first. A key that it opens and that is not of this repository (a killed `init` leaves one) is passed over.
 *
 * @throws Failure E_ARCHIVE_MISSING (exit code 10) without a config, E_WRONG_KEY (12) when no key fits, E_REPOSITORY_DAMAGED (20)
 */
export async function openRepository(store: ObjectStore, password: Secret, signal?: AbortSignal): Promise<OpenedRepository> {
  const sealed = await readConfig(store, signal);
  const ids = await listKeyIds(store, signal);
  const troubles: unknown[] = [];
  let configTrouble: Failure | undefined;
  for (const id of ids.slice(0, mostKeysTried)) {
    signal?.throwIfAborted();
    const keys = await unlockStored(store, id, password, signal).catch((error: unknown) => {
      if (!isFailure(error, 'E_REPOSITORY_DAMAGED') && !isFailure(error, 'E_OBJECT_MISSING')) throw error;
      troubles.push(error);
      return undefined;
    });
    if (keys === undefined) continue;
    const config = openConfig(sealed, keys);
    if (!(config instanceof Error)) return { config, keys, keyId: id };
    configTrouble ??= config;
  }
  if (ids.length === 0) throw damaged(`the archive ${store.location}`, 'it has no key', undefined, { hint: noKeyHint });
  throw configTrouble ?? noKeyFits(store, ids.length, troubles);
}

/** The config, or why these keys do not open it. @throws Failure E_REPOSITORY_VERSION, E_REPOSITORY_DAMAGED for what is no config */
function openConfig(sealed: Uint8Array, keys: KeyMaterial): RepositoryConfig | Failure {
  const config = Cipher.standalone(keys).open(sealed);
  if (config === undefined) return damagedConfig('its MAC does not fit');
  return decodeConfig(unpackDocument(config, 'the config of the repository'));
}

async function readConfig(store: ObjectStore, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return await store.get(configKey, { signal });
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_DAMAGED')) throw damagedConfig(storeChecksumDiffers, error);
    if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
    if (await isConfigLost(store, signal)) throw damagedConfig('it is missing, and there are snapshots or an index');
    throw new Failure('E_ARCHIVE_MISSING', `Cannot open the archive ${store.location}: there is none`, {
      exitCode: exitCodes.archiveMissing,
      hint: 'check ROOTCELLAR_ARCHIVE (--archive), or make it with "rootcellar init"',
    });
  }
}

const noKeyHint = 'put a copy of a key file back into keys/: without one nothing in the archive can ever be read';

function noKeyFits({ location }: ObjectStore, keys: number, troubles: readonly unknown[]): Failure {
  const count = keys === 1 ? '1 key' : `${keys} keys`;
  const [cause] = troubles;
  if (troubles.length === keys)
    return damaged(`the archive ${location}`, `none of its ${count} can be read`, cause, { hint: 'run "rootcellar repair config"' });
  const damagedOnes = troubles.length === 0 ? '' : `, of which ${troubles.length} cannot be read`;
  return new Failure('E_WRONG_KEY', `Cannot open the archive ${location}: the password fits none of its ${count}${damagedOnes}`, {
    exitCode: exitCodes.wrongKey,
    hint: `check the file that ROOTCELLAR_PASSWORD_FILE (--password-file) names${troubles.length === 0 ? '' : '; if it is the right one, its key may be one that cannot be read: run "rootcellar repair config"'}`,
    cause,
  });
}

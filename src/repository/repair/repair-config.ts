import { randomBytes } from 'node:crypto';
import { exitCodes, Failure, isFailure } from '../../foundation/failure.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { configKey, decodeConfig, encodeConfig, type RepositoryConfig } from '../format/config-file.ts';
import { unpackDocument } from '../format/document.ts';
import { isId, type Id } from '../format/hex-id.ts';
import { unlockKey } from '../format/key-file.ts';
import { drawPolynomial } from '../format/polynomial.ts';
import { shortened } from '../format/repository-failures.ts';
import { keyKey, mostKeysTried } from '../keys/stored-keys.ts';
import { RepositoryCore, type RepositoryOptions } from '../repository-core.ts';
import { Cipher } from '../sealing/cipher.ts';
import type { KeyMaterial } from '../sealing/key-material.ts';
import { undoFlippedBit } from './flipped-bit.ts';
import { planKeyRepair, type KeyRepairPlan } from './key-repair.ts';
import { underExclusiveLock } from './under-exclusive-lock.ts';

export interface ConfigRepairPlan {
  /** `whole`: nothing is wrong · `healed`: a flipped bit is put right · `new`: it is lost, and another one takes its place. */
  readonly config: 'whole' | 'healed' | 'new';
  /** Key files that are put right. */
  readonly healedKeys: readonly Id[];
  /** Key files of which nothing can be made: they are put aside, so that other programs do not stumble over them. */
  readonly lostKeys: readonly { readonly id: Id; readonly finding: string }[];
}

interface WholePlan {
  readonly shown: ConfigRepairPlan;
  readonly keys: KeyRepairPlan;
  readonly opened: { readonly config: RepositoryConfig; readonly keys: KeyMaterial; readonly keyId: Id };
  /** What is to be written; undefined where the config is whole. */
  readonly sealed: Uint8Array | undefined;
}

/** Where key files lie that were put aside. */
const asidePrefix = '.rootcellar/damaged/';

/**
 * Decides what {@link repairConfig} would do. Changes nothing.
 *
 * @throws Failure E_ARCHIVE_MISSING (exit code 10) where there was no repository, E_WRONG_KEY (12), E_REPOSITORY_VERSION
 */
export async function planConfigRepair(store: ObjectStore, password: Secret, signal: AbortSignal | undefined): Promise<ConfigRepairPlan> {
  return (await plan(store, password, signal)).shown;
}

/**
 * Puts right what opens a repository: key files, then the config. Under an exclusive lock, planned anew. A config that is lost is made again with another ID and
 * polynomial: both decide only where files are cut, so that the next backup stores all once more.
 *
 * @throws Failure as {@link planConfigRepair}, E_REPOSITORY_LOCKED (11)
 */
export async function repairConfig(
  store: ObjectStore,
  password: Secret,
  options: RepositoryOptions,
  signal: AbortSignal | undefined,
): Promise<ConfigRepairPlan> {
  const { opened } = await plan(store, password, signal);
  return underExclusiveLock(new RepositoryCore(store, opened, options), signal, async (held) => {
    const { shown, keys, sealed } = await plan(store, password, held.signal);
    for (const { id, healed } of keys.usable) if (healed !== undefined) await store.put(keyKey(id), healed, { signal: held.signal });
    for (const { id } of keys.lost) await putAside(store, keyKey(id), held.signal);
    await held.assertHeld();
    if (sealed !== undefined) await store.put(configKey, sealed, { signal: held.signal });
    return shown;
  });
}

async function putAside(store: ObjectStore, key: string, signal: AbortSignal): Promise<void> {
  const bytes = await store.get(key, { isCheckedByCaller: true, signal });
  await store.put(`${asidePrefix}${key}`, bytes, { signal });
  await store.delete([key], { signal });
}

async function plan(store: ObjectStore, password: Secret, signal: AbortSignal | undefined): Promise<WholePlan> {
  const documents = await readSome(store, signal);
  const stored = await readAsItIs(store, configKey, signal);
  if (stored === undefined && documents.length === 0) throw nothingHere(store);
  const keys = await planKeyRepair(store, signal);
  const fitting = await unlockAll(keys, password, signal);
  for (const { id, material } of fitting) {
    const found = stored === undefined ? undefined : openConfig(stored, material);
    const isOurs = found !== undefined || documents.some(({ sealed }) => Cipher.standalone(material).isAuthentic(sealed));
    if (!isOurs) continue;
    const config = found?.config ?? newConfig(material, documents);
    const sealed = found === undefined ? Cipher.standalone(material).seal(encodeConfig(config)) : found.healed;
    const shown = {
      config: found === undefined ? ('new' as const) : found.healed === undefined ? ('whole' as const) : ('healed' as const),
      healedKeys: keys.usable.flatMap((key) => (key.healed === undefined ? [] : [key.id])),
      lostKeys: keys.lost,
    };
    return { shown, keys, opened: { config, keys: material, keyId: id }, sealed };
  }
  throw noKeyFits(store, keys, fitting.length);
}

async function unlockAll(
  { usable }: KeyRepairPlan,
  password: Secret,
  signal: AbortSignal | undefined,
): Promise<{ readonly id: Id; readonly material: KeyMaterial }[]> {
  const fitting: { id: Id; material: KeyMaterial }[] = [];
  for (const { id, file } of usable.slice(0, mostKeysTried)) {
    signal?.throwIfAborted();
    const material = await unlockKey(file, password, `key ${shortened(id)}`);
    if (material !== undefined) fitting.push({ id, material });
  }
  return fitting;
}

function openConfig(
  stored: Uint8Array,
  material: KeyMaterial,
): { readonly config: RepositoryConfig; readonly healed: Uint8Array | undefined } | undefined {
  const cipher = Cipher.standalone(material);
  const isWhole = cipher.isAuthentic(stored);
  const sealed = isWhole ? stored : undoFlippedBit(material, stored);
  const content = sealed && cipher.open(sealed);
  if (content === undefined) return undefined;
  return { config: decodeConfig(unpackDocument(content, 'the config of the repository')), healed: isWhole ? undefined : sealed };
}

/** Of version 1 only where nothing is compressed. */
function newConfig(material: KeyMaterial, documents: readonly StoredBytes[]): RepositoryConfig {
  const cipher = Cipher.standalone(material);
  const marks = documents.flatMap(({ sealed }) => cipher.open(sealed)?.[0] ?? []);
  const version = marks.every((mark) => mark === 0x7b || mark === 0x5b) ? 1 : 2;
  return { version, id: randomBytes(32).toString('hex'), chunkerPolynomial: drawPolynomial(randomBytes) };
}

interface StoredBytes {
  readonly sealed: Uint8Array;
}

/** Enough to know by which keys they were written, and in which version. */
const mostDocuments = 8;

async function readSome(store: ObjectStore, signal: AbortSignal | undefined): Promise<StoredBytes[]> {
  const found: StoredBytes[] = [];
  for (const folder of ['snapshots/', 'index/']) {
    let left = mostDocuments;
    for await (const { key } of store.list(folder, { signal })) {
      if (!isId(key.slice(folder.length)) || left-- <= 0) continue;
      const sealed = await readAsItIs(store, key, signal);
      if (sealed !== undefined) found.push({ sealed });
    }
  }
  return found;
}

async function readAsItIs(store: ObjectStore, key: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key, { isCheckedByCaller: true, signal });
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

function nothingHere({ location }: ObjectStore): Failure {
  return new Failure('E_ARCHIVE_MISSING', `Cannot repair the archive ${location}: there is none`, {
    exitCode: exitCodes.archiveMissing,
    hint: 'check ROOTCELLAR_ARCHIVE (--archive)',
  });
}

function noKeyFits({ location }: ObjectStore, { usable, lost }: KeyRepairPlan, fitting: number): Failure {
  const state =
    fitting > 0
      ? 'the password opens a key, and nothing in the archive was written with it'
      : usable.length === 0
        ? `none of its ${lost.length} key files can be read or put right`
        : `the password fits none of its ${usable.length} readable key files${lost.length === 0 ? '' : `, and ${lost.length} more cannot be read`}`;
  return new Failure('E_WRONG_KEY', `Cannot repair the archive ${location}: ${state}`, {
    exitCode: exitCodes.wrongKey,
    hint: 'check the password file, or put a copy of a key file back into keys/: without a key nothing in the archive can be read',
  });
}

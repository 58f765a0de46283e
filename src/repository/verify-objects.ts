import { mapConcurrently } from '../foundation/concurrency.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { Documents } from './documents.ts';
import { forgottenPrefix, readForgotten } from './forgotten-trees.ts';
import { isId, type Id } from './format/hex-id.ts';
import { packIdOf, packKey } from './format/pack-header.ts';
import { stateOf } from './format/repository-failures.ts';
import type { LoadedIndex } from './index-loader.ts';
import { findKeyDamage } from './keys/key-damage.ts';
import { listSnapshots } from './list-snapshots.ts';
import { headerDiffers } from './packs/check-pack.ts';
import { readingOf, type CheckOptions, type PackChecks } from './pack-checks.ts';
import { packsAtOnce } from './pipeline/read-packs.ts';
import { marksPrefix, readMarks } from './prune/marks.ts';
import type { Cipher } from './sealing/cipher.ts';

/** Something about an object of the repository itself, whether or not a snapshot suffers from it. */
export interface ObjectFinding {
  /** The object's key. */
  readonly object: string;
  /** One clause: `is missing`, `cannot be read: its MAC does not fit`. */
  readonly finding: string;
  /** False: nothing is wrong, but somebody may want to know. */
  readonly isDamage: boolean;
  /** The command that puts it right, without the program's name; undefined where none has to. */
  readonly remedy: string | undefined;
  /** A pack that no index lists: what is in no index may lie in it. */
  readonly isUnlisted?: boolean | undefined;
}

export interface ObjectsToVerify {
  readonly store: ObjectStore;
  readonly documents: Documents;
  readonly cipher: Cipher;
  readonly index: LoadedIndex;
  readonly checks: PackChecks;
}

/**
 * Looks at every object of the repository: key files, index files, packs, snapshots, locks, marks, what was forgotten. Packs are compared by presence and length, with a
 * pipeline by every byte, also those that no snapshot needs. A config that is damaged is no finding: without it nothing can be opened.
 */
export async function verifyObjects(repository: ObjectsToVerify, options: CheckOptions): Promise<ObjectFinding[]> {
  const { store, documents, cipher, index, checks } = repository;
  const { signal } = options;
  const damagedPacks = new Set((await readMarks(store, cipher, signal)).flatMap(({ damaged }) => damaged));
  return [
    ...(await findKeyDamage(store, signal)).map(({ object, finding }) => damage(object, `cannot be read: ${finding}`, 'repair config')),
    ...indexFindings(index),
    ...(await packFindings(repository, options)),
    ...(await unlistedPacks(index, checks, damagedPacks, signal)),
    ...(await snapshotFindings(documents, signal)),
    ...(await lockFindings(documents, signal)),
    ...(await markFindings(store, cipher, signal)),
    ...(await forgottenFindings(store, cipher, signal)),
    ...(await foreignObjects(repository, signal)),
  ];
}

function indexFindings({ damaged, superseded }: LoadedIndex): ObjectFinding[] {
  return [
    ...damaged.map(({ id, failure }) => damage(`index/${id}`, `cannot be read: ${stateOf(failure)}`, 'repair index')),
    ...superseded.map((id) => note(`index/${id}`, 'is superseded: a run that was to remove it was killed', 'repair index')),
  ];
}

async function packFindings({ index, checks }: ObjectsToVerify, options: CheckOptions): Promise<ObjectFinding[]> {
  const found = await mapConcurrently(index.blobs.packIds, packsAtOnce, async (packId) => {
    const object = packKey(packId);
    const absence = await checks.checkPresence(packId, options.signal);
    if (absence === 'is missing') return [damage(object, `${absence}, and an index lists it`, 'repair index')];
    const ofLength = absence === undefined ? [] : [damage(object, absence, 'repair packs')];
    const pipeline = readingOf(options, packId);
    if (pipeline === undefined) return ofLength;
    const content = await checks.checkContent(packId, { ...options, pipeline });
    if (content === undefined) return [damage(object, 'is missing, and an index lists it', 'repair index')];
    const blobs = [...content.blobs].map(([id, finding]) => `of its blob ${id.slice(0, 12)} ${finding}`);
    const clauses = [...content.pack, ...blobs];
    if (clauses.length === 0) return ofLength;
    const remedy = clauses.join() === headerDiffers ? 'repair index --read-all-packs' : 'repair packs';
    return [damage(object, [...(absence === undefined ? [] : [absence]), ...clauses].join('; '), remedy)];
  });
  return found.flat();
}

async function unlistedPacks(
  { blobs }: LoadedIndex,
  checks: PackChecks,
  putAside: ReadonlySet<Id>,
  signal: AbortSignal | undefined,
): Promise<ObjectFinding[]> {
  const packs = [...(await checks.sizes(signal)).keys()].map(packIdOf).filter((id) => id !== undefined && !blobs.hasPack(id));
  return packs.map((id = '') => {
    const why = putAside.has(id)
      ? 'is damaged, and nothing needs it any more'
      : 'is listed by no index: of a run that was killed, or is under way';
    return { ...note(packKey(id), `${why}; a later prune removes it`, undefined), isUnlisted: !putAside.has(id) };
  });
}

async function snapshotFindings(documents: Documents, signal: AbortSignal | undefined): Promise<ObjectFinding[]> {
  const listed = await listSnapshots(documents, signal);
  return listed.flatMap(({ id, failure }) =>
    failure === undefined ? [] : [damage(`snapshots/${id}`, `cannot be read: ${stateOf(failure)}`, 'repair snapshots')],
  );
}

async function lockFindings(documents: Documents, signal: AbortSignal | undefined): Promise<ObjectFinding[]> {
  const ids = (await documents.list('locks', signal)).map(({ id }) => id);
  const read = await documents.readAll('locks', ids, signal);
  return read.flatMap(([id, content]) =>
    content instanceof Error ? [damage(`locks/${id}`, `cannot be read: ${stateOf(content)}`, 'prune')] : [],
  );
}

async function markFindings(store: ObjectStore, cipher: Cipher, signal: AbortSignal | undefined): Promise<ObjectFinding[]> {
  const unreadable = (await readMarks(store, cipher, signal)).filter((mark) => mark.isUnreadable);
  return unreadable.map(({ key }) => damage(key, 'cannot be read: what it marked is marked again', 'prune'));
}

async function forgottenFindings(store: ObjectStore, cipher: Cipher, signal: AbortSignal | undefined): Promise<ObjectFinding[]> {
  const unreadable = (await readForgotten({ store, cipher }, signal)).filter((record) => record.isUnreadable);
  return unreadable.map(({ key }) => damage(key, 'cannot be read: sets that it says were forgotten may be told to be lost', 'prune'));
}

/** What other programs left in our folders; passed over by all that we do. */
async function foreignObjects({ store, checks }: ObjectsToVerify, signal: AbortSignal | undefined): Promise<ObjectFinding[]> {
  const foreign = [...(await checks.sizes(signal)).keys()].filter((key) => packIdOf(key) === undefined);
  for (const folder of ['keys/', 'index/', 'snapshots/', 'locks/', marksPrefix, forgottenPrefix]) {
    for await (const { key } of store.list(folder, { signal })) if (!isId(key.slice(folder.length))) foreign.push(key);
  }
  return foreign.map((key) => note(key, 'is no object of the repository, and is passed over', undefined));
}

function damage(object: string, finding: string, remedy: string): ObjectFinding {
  return { object, finding, isDamage: true, remedy };
}

function note(object: string, finding: string, remedy: string | undefined): ObjectFinding {
  return { object, finding, isDamage: false, remedy };
}

import { findSnapshot } from '../../domain/find-snapshot.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { HealedSnapshot, NamedSnapshot, Repository, SnapshotChanges, SnapshotFile } from '../../repository/repository.ts';
import type { BrokenSnapshot, SnapshotRepair, SnapshotRepairRequest, UnnamedSet } from '../archive-repairs.ts';
import type { StoredPins } from '../stored-pins.ts';
import { findManifest } from './foreign-snapshot.ts';
import { damagedSnapshot, damagedTag } from './damaged-snapshots.ts';
import { restOfSnapshot, type RestOfSnapshot } from './rest-of-snapshot.ts';
import { factsOf, readFacts, snapshotFrom } from './snapshot-facts.ts';

/** What a plan knows beside what it shows. */
export interface SnapshotRepairPlan {
  readonly shown: SnapshotRepair;
  readonly healed: readonly HealedSnapshot[];
  readonly rests: readonly { readonly snapshot: NamedSnapshot; readonly rest: RestOfSnapshot; readonly known: string | undefined }[];
  readonly unnamed: readonly { readonly tree: string; readonly manifest: Manifest }[];
}

type RepairOptions = OperationContext & { readonly onRead: (bytes: number) => void; readonly pins: StoredPins };

/** Looks at snapshots, and decides what can be made of those that are not whole. Changes nothing. */
export async function planSnapshotRepair(
  repository: Repository,
  request: SnapshotRepairRequest,
  { signal, onRead, pins }: RepairOptions,
): Promise<SnapshotRepairPlan> {
  const { repairs } = repository;
  const { readable, healed, unreadable } = await repairs.readSnapshots(signal);
  const all = [...readable, ...healed];
  const wanted = chosen(request.ids, all, unreadable);
  const rests: SnapshotRepairPlan['rests'][number][] = [];
  const whole = new Set<string>();
  for (const snapshot of all.filter(({ id }) => wanted.has(id))) {
    const examined = await repairs.examineSnapshot(snapshot.file.tree, { readData: request.readData, onRead, signal });
    const rest = await restOfSnapshot(repository, snapshot, examined, signal);
    if (rest === undefined) whole.add(snapshot.id);
    else rests.push({ snapshot, rest, known: knownRest(all, snapshot.id, rest) });
  }
  const unnamed = await findUnnamedSets(repository, all, signal);
  const shown = {
    checked: wanted.size,
    healed: healed.map(({ id, document: { foundAs, how } }) => ({ id, foundAs, how })),
    broken: rests.map(({ snapshot, rest, known }) => brokenSnapshot(snapshot.id, rest, known)),
    unreadable: unreadable.filter(({ id }) => wanted.has(id)),
    unnamed: unnamed.map(({ tree, manifest }) => unnamedSet(tree, manifest, undefined)),
    outlived: all.flatMap(({ id, file }) => {
      const restOf = restOfOf(file);
      return restOf !== undefined && whole.has(restOf) ? [{ id, restOf }] : [];
    }),
  };
  const pinned = await pins.all(signal);
  return { healed, rests, unnamed, shown: { ...shown, pinned: goingOf(shown).filter((id) => pinned.has(id)) } };
}

/** What goes where that is asked for. */
function goingOf({ broken, unreadable, outlived }: Pick<SnapshotRepair, 'broken' | 'unreadable' | 'outlived'>): readonly string[] {
  return [...broken, ...unreadable, ...outlived].map(({ id }) => id);
}

/** Resolves to those that stay. */
async function removeUnlessPinned(ids: readonly string[], changes: SnapshotChanges, pins: StoredPins): Promise<readonly string[]> {
  const pinned: string[] = [];
  for (const id of ids) {
    try {
      await pins.whileGoing([{ id, server: '', backupId: '' }], () => changes.remove([id]), changes.signal);
    } catch (error) {
      if (!isFailure(error, 'E_SNAPSHOT_PINNED')) throw error;
      pinned.push(id);
    }
  }
  return pinned;
}

/**
 * Does it, planned anew under an exclusive lock: snapshot files that can be put right first, then packs and index of the rests, then their snapshots, then
 * those of sets that have none, and what is to be forgotten last.
 */
export function repairSnapshots(
  repository: Repository,
  request: SnapshotRepairRequest,
  { signal, onRead, pins }: RepairOptions,
): Promise<SnapshotRepair> {
  return repository.repairs.changeSnapshots(signal, async (changes) => {
    const plan = await planSnapshotRepair(repository, request, { signal: changes.signal, onRead, pins });
    for (const one of plan.healed) await changes.putBack(one);
    const made = await saveRests(plan, changes);
    const unnamed: UnnamedSet[] = [];
    for (const { tree, manifest } of request.isRecovering ? plan.unnamed : []) {
      unnamed.push(unnamedSet(tree, manifest, await changes.add(snapshotOf(tree, manifest))));
    }
    const { shown } = plan;
    const pinned = request.isForgetting ? await removeUnlessPinned(goingOf(shown), changes, pins) : shown.pinned;
    const broken = shown.broken.map((one) => ({ ...one, rest: made.get(one.id) ?? one.rest }));
    return { ...shown, broken, pinned, unnamed: request.isRecovering ? unnamed : shown.unnamed };
  });
}

async function saveRests({ rests }: SnapshotRepairPlan, changes: SnapshotChanges): Promise<ReadonlyMap<string, string>> {
  const files: { readonly of: string; readonly file: SnapshotFile }[] = [];
  for (const { snapshot, rest, known } of rests) {
    const own = known === undefined ? await rest.changes(changes.signal) : undefined;
    if (own === undefined) continue;
    const tree = await changes.rewrite(snapshot.file.tree, own.changes);
    files.push({ of: snapshot.id, file: restFile(snapshot, tree, { ...rest, facts: own.facts }) });
  }
  await changes.finish();
  const made = new Map<string, string>();
  for (const { of, file } of files) made.set(of, await changes.add(file));
  return made;
}

function restFile({ id, file }: NamedSnapshot, tree: string, { facts, brokenBackends }: RestOfSnapshot): SnapshotFile {
  const tags = [...file.tags.filter((tag) => !brokenBackends.includes(tag) && tag !== damagedTag), damagedTag];
  return { ...file, tree, tags, parent: undefined, original: file.original ?? id, summary: undefined, rootcellar: facts };
}

function snapshotOf(tree: string, manifest: Manifest): SnapshotFile {
  return {
    time: { milliseconds: Date.parse(manifest.time), nanoseconds: 0 },
    tree,
    paths: [`/${manifest.server}`],
    hostname: manifest.server,
    username: '',
    tags: [...manifest.backends.map(({ id }) => id), ...((manifest.lost ?? []).length > 0 ? [damagedTag] : [])],
    programVersion: manifest.program,
    rootcellar: factsOf(manifest),
  };
}

function chosen(
  words: readonly string[],
  all: readonly NamedSnapshot[],
  unreadable: readonly { readonly id: string }[],
): ReadonlySet<string> {
  const ids = [...all, ...unreadable].map(({ id }) => id);
  if (words.length === 0) return new Set(ids);
  const listed = ids.map((id) => {
    const facts = readFacts(all.find((one) => one.id === id)?.file.rootcellar);
    return facts === undefined ? damagedSnapshot(id, '') : snapshotFrom(id, facts);
  });
  return new Set(words.map((word) => findSnapshot(listed, word).id));
}

/** The snapshot of just this rest, which was made before. */
function knownRest(all: readonly NamedSnapshot[], id: string, { facts }: RestOfSnapshot): string | undefined {
  const same = all.find((one) => {
    const own = readFacts(one.file.rootcellar);
    return one.id !== id && own?.restOf === id && own.bytes === facts.bytes && own.remarks.join() === facts.remarks.join();
  });
  return same?.id;
}

function restOfOf({ rootcellar }: SnapshotFile): string | undefined {
  return readFacts(rootcellar)?.restOf;
}

function brokenSnapshot(
  id: string,
  { facts, lost, kept, wholeBackends, brokenBackends }: RestOfSnapshot,
  rest: string | undefined,
): BrokenSnapshot {
  const { server, backupId, time } = facts;
  const keptBytes = kept.reduce((sum, { node }) => sum + node.size, 0);
  return { id, server, backupId, time, lost, keptFiles: kept.length, keptBytes, wholeBackends, brokenBackends, rest };
}

function unnamedSet(tree: string, manifest: Manifest, snapshot: string | undefined): UnnamedSet {
  const { server, backupId, time, backends, bytes } = factsOf(manifest);
  return { tree, server, backupId, time, backends, bytes, snapshot };
}

/** Only sets of ours that are whole: what else no snapshot names are rests of pruned ones. */
export async function findUnnamedSets(
  repository: Repository,
  named: readonly NamedSnapshot[],
  signal: AbortSignal | undefined,
): Promise<SnapshotRepairPlan['unnamed']> {
  const { repairs } = repository;
  const roots = await repairs.findUnnamedRoots(
    named.map(({ file }) => file.tree),
    signal,
  );
  const found: { tree: string; manifest: Manifest }[] = [];
  for (const tree of roots) {
    const { entries, lost } = await repairs.examineSnapshot(tree, { readData: false, onRead: () => {}, signal });
    if (lost.length > 0) continue;
    const { manifest, files, prefix } = await findManifest(repository, entries, signal);
    const isWhole = manifest?.files.every(({ path, bytes }) => files.get(`${prefix}${path}`)?.node.size === bytes) === true;
    if (manifest !== undefined && isWhole) found.push({ tree, manifest });
  }
  return found;
}

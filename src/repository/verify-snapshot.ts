import { mapConcurrently } from '../foundation/concurrency.ts';
import { isFailure, messageOf } from '../foundation/failure.ts';
import type { BlobIndex, BlobPlace } from './blob-index.ts';
import { type BlobReader, unlisted } from './blob-reader.ts';
import type { Id } from './format/hex-id.ts';
import { packKey, type BlobType } from './format/pack-header.ts';
import { shortened } from './format/repository-failures.ts';
import { readingOf, type CheckOptions, type PackChecks } from './pack-checks.ts';
import { packsAtOnce } from './pipeline/read-packs.ts';
import type { WalkedTree } from './walk-tree.ts';

export interface SnapshotFinding {
  readonly path: string;
  /** One clause: `needs blob 12ab…, which no index lists`. */
  readonly finding: string;
  /** The key of the object that does the harm; `index/` where a blob is in no index. */
  readonly object: string;
}

const blobsAtOnce = 4;

/** By what a snapshot is looked through. */
export interface BlobSources {
  readonly index: BlobIndex;
  readonly checks: PackChecks;
  readonly reader: BlobReader;
}

/** A blob that none of its places has. */
export interface LostBlob {
  readonly type: BlobType;
  readonly id: Id;
  /** Of the files that need it; of a tree its kind. */
  readonly paths: readonly string[];
  readonly isListed: boolean;
  /** One clause, of the last place that was tried. */
  readonly finding: string;
  readonly object: string;
}

interface NeededBlob {
  readonly type: BlobType;
  readonly id: Id;
  /** Of the files that need it; of a tree its kind. */
  readonly paths: string[];
  readonly places: readonly BlobPlace[];
}

/** Why a blob cannot be had from one of its places: what is wrong, and with which object. */
interface Trouble {
  readonly blob: NeededBlob;
  readonly finding: string;
  readonly object: string;
}

/**
 * All that keeps a snapshot from coming back whole: trees, blobs that no index lists, packs that are missing or of another length, and with a pipeline
 * every blob whose bytes are wrong. A blob that lies in several packs harms nobody as long as one of them has it whole, and a pack of another length only
 * those whose blobs it has no longer.
 */
export async function verifySnapshot(tree: WalkedTree, sources: BlobSources, options: CheckOptions): Promise<SnapshotFinding[]> {
  const findings: SnapshotFinding[] = tree.unreadable.map(({ path, reason }) => ({
    path: path || '/',
    finding: `cannot be read: ${messageOf(reason)}`,
    object: objectOf(reason),
  }));
  const told = new Set<string>();
  for (const { paths, finding, object } of await findLostBlobs(tree, sources, options)) {
    for (const path of paths) {
      // Of a pack that is missing a file is told once, not for each of its blobs.
      if (told.size === told.add(`${path}\n${finding}`).size) continue;
      findings.push({ path, finding, object });
    }
  }
  return findings;
}

/** The blobs that a tree needs and that cannot be had. */
export async function findLostBlobs(tree: WalkedTree, sources: BlobSources, options: CheckOptions): Promise<LostBlob[]> {
  const troubles = await findTroubles(neededBlobs(tree, sources.index), sources, options);
  return troubles.map(({ blob: { type, id, paths, places }, finding, object }) => {
    return { type, id, paths, isListed: places.length > 0, finding, object };
  });
}

function neededBlobs(tree: WalkedTree, index: BlobIndex): NeededBlob[] {
  const needed = new Map<string, NeededBlob>();
  const need = (type: BlobType, id: Id, path: string): void => {
    const known = needed.get(`${type} ${id}`);
    if (known === undefined) needed.set(`${type} ${id}`, { type, id, paths: [path], places: index.findAll(type, id) });
    else if (!known.paths.includes(path)) known.paths.push(path);
  };
  // A tree that is in no index was told already: it could not be read.
  for (const id of tree.trees) if (index.has('tree', id)) need('tree', id, 'tree');
  for (const { path, node } of tree.entries) for (const id of node.content) need('data', id, path);
  return [...needed.values()];
}

/** Those blobs that none of their places has, each with what is wrong at the last. */
async function findTroubles(needed: readonly NeededBlob[], sources: BlobSources, options: CheckOptions): Promise<Trouble[]> {
  const hopeless: Trouble[] = needed
    .filter(({ places }) => places.length === 0)
    .map((blob) => ({ blob, finding: `needs blob ${shortened(blob.id)}, which no index lists`, object: unlisted }));
  let waiting = needed.filter(({ places }) => places.length > 0);
  for (let attempt = 0; waiting.length > 0; attempt += 1) {
    const byPack = Map.groupBy(waiting, ({ places }) => places[attempt]?.packId ?? '');
    const found = await mapConcurrently(byPack, packsAtOnce, ([packId, blobs]) => troublesOfPack(packId, blobs, sources, options));
    const troubles = found.flat();
    const isLast = ({ blob }: Trouble): boolean => blob.places.length === attempt + 1;
    hopeless.push(...troubles.filter(isLast));
    waiting = troubles.filter((trouble) => !isLast(trouble)).map(({ blob }) => blob);
  }
  return hopeless;
}

async function troublesOfPack(packId: Id, blobs: readonly NeededBlob[], sources: BlobSources, options: CheckOptions): Promise<Trouble[]> {
  const { checks, reader } = sources;
  const pack = `pack ${shortened(packId)}`;
  const object = packKey(packId);
  const ofAll = (finding: string): Trouble[] => blobs.map((blob) => ({ blob, finding, object }));
  const absence = await checks.checkPresence(packId, options.signal);
  const missing = `needs ${pack}, which is missing`;
  if (absence === 'is missing') return ofAll(missing);
  const pipeline = readingOf(options, packId);
  if (pipeline === undefined) {
    if (absence === undefined) return [];
    const lost = await mapConcurrently(ofAll(`needs ${pack}, which ${absence}`), blobsAtOnce, async (trouble) =>
      (await canBeRead(trouble.blob, reader, options.signal)) ? [] : [trouble],
    );
    return lost.flat();
  }
  const found = await checks.checkContent(packId, { ...options, pipeline });
  if (found === undefined) return ofAll(missing);
  return blobs.flatMap((blob) => {
    const finding = found.blobs.get(blob.id);
    return finding === undefined ? [] : [{ blob, finding: `needs blob ${shortened(blob.id)} in ${pack}, of which ${finding}`, object }];
  });
}

/** A pack of another length may still have it: nobody is told to suffer of whom that was not tried. */
async function canBeRead({ type, id }: NeededBlob, reader: BlobReader, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await reader.read(type, id, signal);
    return true;
  } catch (error) {
    if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return false;
    throw error;
  }
}

function objectOf(reason: Error): string {
  const object = isFailure(reason) ? reason.facts['object'] : undefined;
  return typeof object === 'string' ? object : unlisted;
}

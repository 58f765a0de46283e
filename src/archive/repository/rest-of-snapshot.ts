import { createHash } from 'node:crypto';
import { encodeManifest, manifestName, type Manifest } from '../../domain/manifest.ts';
import { restOfSet } from '../../domain/rest-of-set.ts';
import type { ExaminedSnapshot, NamedSnapshot, Repository, SnapshotFile, TreeChanges, TreeEntry } from '../../repository/repository.ts';
import { isFailure, messageOf } from '../../foundation/failure.ts';
import { findManifest } from './foreign-snapshot.ts';
import { factsOf, readFacts, type SnapshotFacts } from './snapshot-facts.ts';

/** What is left of a snapshot that is not whole. */
export interface RestOfSnapshot {
  readonly facts: SnapshotFacts;
  readonly lost: readonly { readonly path: string; readonly finding: string }[];
  readonly kept: readonly TreeEntry[];
  readonly wholeBackends: readonly string[];
  readonly brokenBackends: readonly string[];
  /** What becomes of its tree; hashes what a lost manifest said. Undefined where nothing is left. */
  readonly changes: (
    signal: AbortSignal | undefined,
  ) => Promise<{ readonly changes: TreeChanges; readonly facts: SnapshotFacts } | undefined>;
}

/** Undefined for one that is whole. */
export async function restOfSnapshot(
  repository: Repository,
  { id, file }: NamedSnapshot,
  examined: ExaminedSnapshot,
  signal: AbortSignal | undefined,
): Promise<RestOfSnapshot | undefined> {
  const { prefix, files, manifest, lost } = await readManifest(repository, examined, signal);
  const facts = readFacts(file.rootcellar);
  const restOf = facts?.restOf ?? id;
  const kept = [...files.values()].filter(({ path }) => path !== `${prefix}${manifestName}`);
  const dropped = new Set(lost.map(({ path }) => path));
  if (manifest !== undefined) {
    const rest = restOfSet(manifest, (path) =>
      manifest.files.some((one) => one.path === path && files.get(`${prefix}${path}`)?.node.size === one.bytes),
    );
    const missing = rest.manifest.lost?.filter((path) => !(manifest.lost ?? []).includes(path)) ?? [];
    if (missing.length + lost.length === 0) return undefined;
    const content = Buffer.from(encodeManifest(rest.manifest));
    const own = { ...factsOf(rest.manifest), restOf };
    const changes = { dropped, file: { path: `${prefix}${manifestName}`, content } };
    return {
      facts: own,
      lost: findingsOf(missing, lost, prefix),
      kept,
      wholeBackends: rest.whole,
      brokenBackends: rest.broken,
      changes: () => Promise.resolve(kept.length === 0 ? undefined : { changes, facts: own }),
    };
  }
  if (lost.length === 0) return undefined;
  const without = { lost: findingsOf([], lost, prefix), kept, wholeBackends: [], brokenBackends: facts?.backends ?? [] };
  if (facts === undefined) {
    const own = { ...foreignFacts(id, file, kept, lost.length), restOf };
    return { ...without, facts: own, changes: () => Promise.resolve(kept.length === 0 ? undefined : { changes: { dropped }, facts: own }) };
  }
  const made = (hashes?: ReadonlyMap<string, string>): Manifest =>
    manifestWithoutOne(file, facts, { kept, lost: lost.map(({ path }) => path), hashes });
  return {
    ...without,
    facts: { ...factsOf(made()), restOf },
    changes: async (stop) => {
      if (kept.length === 0) return undefined;
      const content = Buffer.from(encodeManifest(made(await hashesOf(repository, kept, stop))));
      return { changes: { dropped, file: { path: manifestName, content } }, facts: { ...factsOf(made()), restOf } };
    },
  };
}

/** A manifest that turns out to be damaged when it is read counts as lost. */
async function readManifest(
  repository: Repository,
  { entries, lost }: ExaminedSnapshot,
  signal: AbortSignal | undefined,
): Promise<Awaited<ReturnType<typeof findManifest>> & Pick<ExaminedSnapshot, 'lost'>> {
  try {
    return { ...(await findManifest(repository, entries, signal)), lost };
  } catch (error) {
    if (!isFailure(error, 'E_REPOSITORY_DAMAGED')) throw error;
    const others = entries.filter(({ path }) => path !== manifestName);
    const found = await findManifest(repository, others, signal);
    return { ...found, lost: [...lost, { path: manifestName, finding: messageOf(error) }] };
  }
}

/** A folder that is lost stands for the files in it that the manifest names. */
function findingsOf(missing: readonly string[], lost: ExaminedSnapshot['lost'], prefix: string): RestOfSnapshot['lost'] {
  const found = missing.map((path) => {
    const inTree = `${prefix}${path}`;
    const reason = lost.find((one) => one.path === '' || one.path === inTree || inTree.startsWith(`${one.path}/`));
    return { path, finding: reason?.finding ?? 'is in the manifest and not in the snapshot' };
  });
  const others = lost.filter(
    ({ path }) => !missing.some((one) => path === '' || `${prefix}${one}` === path || `${prefix}${one}`.startsWith(`${path}/`)),
  );
  return [...found, ...others.map(({ path, finding }) => ({ path: path || '/', finding }))];
}

function manifestWithoutOne(
  file: SnapshotFile,
  { server, backupId, time }: SnapshotFacts,
  {
    kept,
    lost,
    hashes,
  }: { readonly kept: readonly TreeEntry[]; readonly lost: readonly string[]; readonly hashes: ReadonlyMap<string, string> | undefined },
): Manifest {
  return {
    version: 1,
    backupId,
    time,
    server,
    origin: 'archive',
    program: file.programVersion,
    backends: [],
    files: kept.map(({ path, node }) => ({ path, bytes: node.size, sha256: hashes?.get(path) })),
    lost: [...lost],
  };
}

async function hashesOf(
  repository: Repository,
  kept: readonly TreeEntry[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const { path, node } of kept) {
    const hash = createHash('sha256');
    for await (const piece of repository.read(node, signal)) hash.update(piece);
    hashes.set(path, hash.digest('hex'));
  }
  return hashes;
}

function foreignFacts(id: string, file: SnapshotFile, kept: readonly TreeEntry[], lost: number): SnapshotFacts {
  return {
    version: 1,
    server: file.hostname === '' ? 'unknown' : file.hostname,
    backupId: id.slice(0, 12),
    time: new Date(file.time.milliseconds).toISOString(),
    backends: [],
    bytes: kept.reduce((sum, { node }) => sum + node.size, 0),
    state: 'damaged',
    remarks: [`${lost === 1 ? '1 file or folder was' : `${lost} files or folders were`} lost in the archive`],
  };
}

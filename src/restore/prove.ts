import { rm } from 'node:fs/promises';
import path from 'node:path';
import { digestRule, EntryTotals } from '../domain/entry-digest.ts';
import type { Manifest, ManifestBackend, ManifestExport } from '../domain/manifest.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { readExport } from '../staging/read-export.ts';
import { makeSharedFolder, type RunFolder } from '../staging/staging.ts';
import { compareEntries, type EntryComparison, type EntrySource, type TimeWindow } from './compare-entries.ts';
import { entriesBelow, totalsByBaseDn } from './entries-below.ts';
import { proveByCounts } from './prove-by-counts.ts';
import type { RestoreSource } from './steps.ts';

export interface ProveRequest {
  /** The server that was restored into. */
  readonly server: DirectoryServer;
  /** As the proofs name it. */
  readonly serverName: string;
  readonly manifest: Manifest;
  /** IDs of the restored backends; only those with users' entries can be compared by their entries. */
  readonly backends: readonly string[];
  /** `export`: the server was given the very export that it is compared with, so that nothing which was written while that was made is excused; `backup` unless told. */
  readonly source?: RestoreSource | undefined;
  /** Where the fetched set lies. */
  readonly setFolder: string;
  /**
   * Since when clients may have written to the restored server; undefined where it refuses that. What they wrote since is no fault of the restore; what they
   * removed cannot be told from what is missing.
   */
  readonly writersSince?: Date | undefined;
  /** Where the server writes its exports, below `proof/`; not the folder of the set, to which nothing may be added. They stay there for {@link proveReplica}, until {@link removeProofExports}. */
  readonly run: RunFolder;
}

const proofFolder = 'proof';

/** The two names of the export of one backend that a proof compares. */
export function proofExport(run: RunFolder, backend: string): RunFolder {
  const name = [proofFolder, `${backend}.ldif`];
  return { folder: path.join(run.folder, ...name), serverFolder: path.posix.join(run.serverFolder, ...name) };
}

export async function removeProofExports(run: RunFolder): Promise<void> {
  await rm(path.join(run.folder, proofFolder), { recursive: true, force: true });
}

/**
 * Compares what was restored with the snapshot's own content, backend by backend: the server exports all entries, and their number and digest must be those of the
 * export in the set. Where they are not, each entry that differs is found; what was written while the backup was made is told apart and is no fault.
 * A set without an export, or of backends that are not users', is proven by its counts only, which the proof says (`by`).
 *
 * Says what it found and never rejects for a difference.
 *
 * @throws Failure of the server's export task, E_LDIF_INVALID (exit code 20)
 */
export async function proveRestored(request: ProveRequest, options: OperationContext = {}): Promise<readonly EntryProof[]> {
  const proofs: EntryProof[] = [];
  for (const id of request.backends) {
    const backend = request.manifest.backends.find((one) => one.id === id);
    if (backend === undefined) continue;
    // Without a base DN there is nothing to compare by, and it must not be told as proven.
    const exported = backend.baseDns.length === 0 ? undefined : backend.export;
    const found = exported === undefined ? byCounts(request, backend, options) : byEntries(request, backend, exported, options);
    proofs.push(...(await found));
  }
  return proofs;
}

async function byCounts({ server, serverName }: ProveRequest, backend: ManifestBackend, options: OperationContext): Promise<EntryProof[]> {
  return proveByCounts(backend, await server.describe(options)).map(({ baseDn, expected, found, state }) => ({
    server: serverName,
    backend: backend.id,
    baseDn,
    by: state === 'unknown' ? 'none' : 'counts',
    state,
    ...(expected === undefined ? {} : { expectedEntries: expected }),
    ...(found === undefined ? {} : { foundEntries: found }),
  }));
}

async function byEntries(
  request: ProveRequest,
  backend: ManifestBackend,
  exported: ManifestExport,
  options: OperationContext,
): Promise<EntryProof[]> {
  const file = await exportAnew(request, backend.id, options);
  const step = `compare the entries of "${backend.id}"`;
  options.report?.({ kind: 'begin', step });
  const sources = {
    expected: ldifSource(path.join(request.setFolder, exported.path), options.signal),
    found: ldifSource(file.folder, options.signal),
  };
  const baseDns = backend.baseDns.map(({ dn }) => dn);
  const found = await totalsByBaseDn(sources.found, baseDns);
  const expected = await expectedTotals(sources.expected, exported, baseDns);
  const proofs: EntryProof[] = [];
  for (const baseDn of baseDns) {
    const totals = { expected: expected.get(baseDn) ?? nothing, found: found.get(baseDn) ?? nothing };
    proofs.push(await proofOf({ request, backend, exported, baseDn, totals, sources }));
  }
  options.report?.({ kind: 'end', step });
  return proofs;
}

interface Totals {
  readonly entries: number;
  readonly digest: string;
}

const nothing: Totals = new EntryTotals();

interface BaseDnToProve {
  readonly request: ProveRequest;
  readonly backend: ManifestBackend;
  readonly exported: ManifestExport;
  readonly baseDn: string;
  readonly totals: { readonly expected: Totals; readonly found: Totals };
  readonly sources: { readonly expected: EntrySource; readonly found: EntrySource };
}

async function proofOf({ request, backend, exported, baseDn, totals, sources }: BaseDnToProve): Promise<EntryProof> {
  const { expected, found } = totals;
  const proof = {
    server: request.serverName,
    backend: backend.id,
    baseDn,
    by: 'entries' as const,
    expectedEntries: expected.entries,
    foundEntries: found.entries,
    expectedDigest: expected.digest,
    foundDigest: found.digest,
  };
  if (expected.entries === found.entries && expected.digest === found.digest) return { ...proof, state: 'equal', differences: 0 };
  const others = backend.baseDns.map(({ dn }) => dn);
  const entriesBefore = backend.baseDns.find(({ dn }) => dn === baseDn)?.entries;
  const comparison = await compareEntries({
    expected: entriesBelow(sources.expected, baseDn, others),
    found: entriesBelow(sources.found, baseDn, others),
    expectedEntries: expected.entries,
    later: 'expected',
    window: request.source === 'export' ? undefined : windowOf(exported, backend),
    writtenSince: request.writersSince && sinceThen(request.writersSince),
    removedMeanwhile: (created) => (entriesBefore === undefined ? 0 : Math.max(0, entriesBefore + created - expected.entries)),
  });
  return { ...proof, ...outcomeOf(comparison) };
}

/** What a comparison adds to a proof. */
export function outcomeOf({ differences, changedMeanwhile, examples }: EntryComparison) {
  return { state: differences === 0 ? ('equal' as const) : ('different' as const), differences, changedMeanwhile, examples: [...examples] };
}

/** A change comes to a replica some time after the moment that it bears, and the clocks of servers differ. */
const replicationSlackSeconds = 60;

/** By our clock, from which a server's may differ; no end is known, but an expiry that is to come is no change. */
function sinceThen(began: Date): TimeWindow {
  const seconds = Math.floor(began.getTime() / 1000);
  return { began: seconds - clockSlackSeconds, ended: seconds + longestRestoreSeconds };
}

const clockSlackSeconds = 60;
const longestRestoreSeconds = 86_400;

function windowOf(exported: ManifestExport, backend: ManifestBackend): TimeWindow {
  const isReplicated = backend.baseDns.some(({ generationId }) => generationId !== undefined);
  return {
    began: Math.floor(Date.parse(exported.began) / 1000) - (isReplicated ? replicationSlackSeconds : 0),
    ended: Math.ceil(Date.parse(exported.ended) / 1000),
  };
}

async function expectedTotals(
  source: EntrySource,
  exported: ManifestExport,
  baseDns: readonly string[],
): Promise<ReadonlyMap<string, Totals>> {
  const [only, ...others] = baseDns;
  if (only !== undefined && others.length === 0 && exported.digest.startsWith(`${digestRule}-`)) return new Map([[only, exported]]);
  return totalsByBaseDn(source, baseDns);
}

/** Has the server write an export in place of one that an earlier run left: a server may refuse to write over a file, or add to it. */
export async function exportAnew(
  { server, run }: Pick<ProveRequest, 'server' | 'run'>,
  backend: string,
  options: OperationContext,
): Promise<RunFolder> {
  const file = proofExport(run, backend);
  await rm(file.folder, { force: true });
  await makeSharedFolder(run, proofFolder);
  await server.exportLdif({ backend, ldifFile: file.serverFolder }, options);
  return file;
}

/** The entries of an LDIF file of ours. */
export function ldifSource(name: string, signal: AbortSignal | undefined): EntrySource {
  return () => readExport(name, signal);
}

import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Archive } from '../archive/archive.ts';
import type { Installation, ScratchRequest, ScratchServer, ScratchServers } from '../directory-servers/scratch-server.ts';
import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import type { EntryProof, RecoveryReport } from '../domain/recovery-report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { Failure, interrupted } from '../foundation/failure.ts';
import { formatBytes } from '../foundation/sizes.ts';
import { checkKeys } from '../restore/check-keys.ts';
import { fetchSet } from '../restore/fetch.ts';
import { compareVersions } from '../restore/compare-versions.ts';
import { faultOf } from '../restore/proof-text.ts';
import { proveRestored } from '../restore/prove.ts';
import { attributesOf, findingsOf, type Assertion } from './assertions.ts';
import type { TimedSteps } from './timed-steps.ts';

export interface RecoverRequest {
  readonly archive: Archive;
  readonly scratch: ScratchServers;
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
  readonly installation: Installation;
  readonly assertions: readonly Assertion[];
  /** What the new server is to be like; the folder is claimed. */
  readonly target: Omit<ScratchRequest, 'installation' | 'manifest' | 'setFolder'>;
}

export interface Recovery {
  readonly server: ScratchServer;
  readonly proofs: readonly EntryProof[];
  readonly assertions: NonNullable<RecoveryReport['assertions']>;
  /** One sentence, when it is not proven. */
  readonly reason: string | undefined;
}

/** Of the fetched set, below the folder. */
export const setName = 'set';

/** For what set-up, logs and the server's own backends take. */
const spareBytes = 128 * 1024 * 1024;

/**
 * Brings a snapshot back on a new server below a claimed folder: fetch, every byte checked → server → each users' backend → proof → the
 * operator's assertions. What fails leaves a folder, and maybe a server, that the caller removes. An abort ends it at once: nothing here is worth waiting for.
 */
export async function recover(request: RecoverRequest, timed: TimedSteps): Promise<Recovery> {
  const { archive, scratch, snapshot, manifest, installation, target } = request;
  const { options } = timed;
  const backends = usersBackends(snapshot, manifest);
  refuseLostKeys(manifest, backends, timed);
  await assertRoom(target.folder, installation, manifest);
  const setFolder = path.join(target.folder, setName);
  await fetchSet(archive, snapshot, setFolder, options);
  const server = await scratch.make({ ...target, installation, manifest, setFolder }, options);
  for (const backend of backends) await untilAborted(() => restoreBackend(server, backend, setFolder, timed), options.signal);
  const proofs = await untilAborted(() => prove(server, request, backends, timed), options.signal);
  const assertions = await checkAssertions(request.assertions, server, timed);
  return { server, proofs, assertions, reason: reasonOf(proofs, assertions) };
}

/**
 * Refuses an installation that cannot hold the backup: a server reads no backup of a newer one (facts of the products: "newer into older" warns, and fails).
 *
 * @throws Failure E_SERVER_MISMATCH
 */
export function assertFits({ source }: Manifest, { product, version, place }: Installation): void {
  if (source === undefined) return;
  if (source.product !== product) {
    throw new Failure(
      'E_SERVER_MISMATCH',
      `Cannot restore a backup of ${source.product} ${source.version} into ${product} ${version} of ${place}: their backups are not compatible`,
      { hint: `name an installation of ${source.product} ${source.version}` },
    );
  }
  if (compareVersions(version, source.version) >= 0) return;
  throw new Failure(
    'E_SERVER_MISMATCH',
    `Cannot restore a backup of ${source.product} ${source.version} into ${product} ${version} of ${place}: it is older than the backup`,
    { hint: `name an installation of ${source.version}, or of a newer one` },
  );
}

function usersBackends({ server, backupId }: Snapshot, manifest: Manifest): readonly ManifestBackend[] {
  const backends = manifest.backends.filter(({ role }) => role === 'user');
  const nameless = backends.find(({ baseDns }) => baseDns.length === 0);
  const state =
    backends.length === 0 ? "it has no backend with users' entries" : nameless && `it does not say what base DNs ${nameless.id} has`;
  if (state === undefined) return backends;
  throw new Failure('E_BACKEND_MISSING', `Cannot restore ${server}/${backupId} into a new server: ${state}`, {
    hint: 'use a snapshot that "rootcellar backup" made of all backends',
  });
}

/**
 * A new OpenDJ has none of the old one's keys: what needs them would be restored, counted, and not be readable.
 *
 * @throws Failure E_KEYS_MISSING
 */
function refuseLostKeys(manifest: Manifest, backends: readonly ManifestBackend[], { options }: TimedSteps): void {
  if (manifest.source?.product !== 'OpenDJ') return;
  const { warnings } = checkKeys(manifest, backends, { keys: { isKnown: true, keys: [] } });
  for (const text of warnings) options.report?.({ kind: 'note', level: 'warning', text });
}

async function assertRoom(folder: string, { bytes }: Installation, manifest: Manifest): Promise<void> {
  // Fetched once, and once more as the server's own files, which are larger where the backup is compressed.
  const fetched = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const inflated = manifest.files.reduce(
    (sum, file) =>
      sum +
      Math.max(
        file.bytes,
        (file.members ?? []).reduce((all, member) => all + member.bytes, 0),
      ),
    0,
  );
  const needed = bytes + fetched + inflated + spareBytes;
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new Failure(
    'E_DISK_FULL',
    `Cannot make a server in ${folder}: with the set it needs about ${formatBytes(needed)}, and ${formatBytes(free)} are free`,
    { hint: 'make room, or name a folder on a larger volume (drill: --drill-folder or ROOTCELLAR_DRILL_FOLDER)' },
  );
}

async function restoreBackend({ server }: ScratchServer, backend: ManifestBackend, setFolder: string, timed: TimedSteps): Promise<void> {
  const folder = path.join(setFolder, backend.folder);
  // Without the signal: a restore under way is waited for, which is right for a server that somebody uses, and not here.
  await server.restore({ backend: backend.id, folder, backupId: backend.backupId }, { report: timed.options.report });
}

function prove(
  { server, url }: ScratchServer,
  { manifest, target: { folder } }: RecoverRequest,
  backends: readonly ManifestBackend[],
  { options }: TimedSteps,
): Promise<readonly EntryProof[]> {
  // The server sees the files as we do.
  const run = { folder, serverFolder: folder };
  const setFolder = path.join(folder, setName);
  return proveRestored({ server, serverName: url, manifest, backends: backends.map(({ id }) => id), setFolder, run }, options);
}

async function checkAssertions(
  assertions: readonly Assertion[],
  server: ScratchServer,
  timed: TimedSteps,
): Promise<NonNullable<RecoveryReport['assertions']>> {
  if (assertions.length === 0) return [];
  return timed.step('check the assertions', async () => {
    const checked: NonNullable<RecoveryReport['assertions']> = [];
    for (const assertion of assertions) checked.push(await checkAssertion(assertion, server, timed));
    return checked;
  });
}

async function checkAssertion(assertion: Assertion, server: ScratchServer, { options }: TimedSteps) {
  const { name, base, scope, filter } = assertion;
  const findings = await server.search({ base, scope, filter, attributes: attributesOf(assertion) }, options).then(
    (found) => findingsOf(assertion, found),
    (error: unknown) => {
      options.signal?.throwIfAborted();
      // A filter or base that the server does not take is the assertion's own fault, and meets nothing.
      if (error instanceof Error) return [`the search failed: ${error.message}`];
      throw error;
    },
  );
  return findings.length === 0 ? { name, isMet: true } : { name, isMet: false, finding: findings.join('; ') };
}

function reasonOf(proofs: readonly EntryProof[], assertions: NonNullable<RecoveryReport['assertions']>): string | undefined {
  const different = proofs.find(({ state }) => state === 'different');
  if (different !== undefined) return faultOf(different);
  const unmet = assertions.filter(({ isMet }) => !isMet);
  const [first] = unmet;
  if (first !== undefined)
    return `${unmet.length} of ${assertions.length} assertions are not met, the first: ${first.name}: ${first.finding}`;
  const unknown = proofs.find(({ state }) => state === 'unknown');
  return unknown && `the set has nothing to compare ${unknown.baseDn || unknown.backend} with`;
}

/** Rejects as soon as the signal aborts, whatever the work still does: its server is ended next. */
async function untilAborted<Result>(work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work();
  const told = interrupted('The recovery into a new server');
  if (signal.aborted) throw told;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(told);
  signal.addEventListener('abort', stop, { once: true });
  const working = work();
  working.catch(() => undefined);
  try {
    return await Promise.race([working, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

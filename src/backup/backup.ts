import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Archive, SavedSnapshot } from '../archive/archive.ts';
import { underLease, type Lease, type Leases } from '../archive/lease.ts';
import { backupIdAt } from '../domain/backup-id.ts';
import { shortId } from '../domain/find-snapshot.ts';
import { encodeManifest, manifestName, type Manifest } from '../domain/manifest.ts';
import type { RetentionRule } from '../domain/retention.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Backend, DirectoryServer, ServerDescription } from '../directory-servers/directory-server.ts';
import { archiveNameOf, assertPrivileges } from '../directory-servers/server-checks.ts';
import type { Clock } from '../foundation/clock.ts';
import { type Failure, interrupted, messageOf, tellingInterruption } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { refuseKeysThatStayBehind } from './check-keys.ts';
import { chooseBackends } from './choose-backends.ts';
import { extendLocksAfter, type Protection } from './extend-locks-after.ts';
import { forgetByRule } from './forget-by-rule.ts';
import { describeSet } from './describe-set.ts';
import { stageBackends } from './stage-backends.ts';
import { assertRoom, makeRunFolder, markArchived, sweepStaging, type RunFolder, type Staging, writeStaged } from '../staging/staging.ts';
import { readJournal } from '../staging/restore-journal.ts';
import { unfinished } from '../staging/unfinished-restore.ts';
import { topologyLeaseNames } from '../archive/topology-lease.ts';
import { suspicionsOf } from './suspicion.ts';

export interface BackupRequest {
  readonly archive: Archive;
  readonly leases: Leases;
  readonly server: DirectoryServer;
  readonly staging: Staging;
  readonly clock: Clock;
  /** `rootcellar 0.1.0`, for the manifest. */
  readonly program: string;
  readonly via: 'ldap' | 'tools';
  /** The name to archive under; the server's own where it is undefined. */
  readonly serverName?: string | undefined;
  /** Empty: all that a rebuild needs. */
  readonly backends: readonly string[];
  readonly encrypt: boolean | 'server-default';
  /** `leave-out`: PingDirectory's encryption settings are kept elsewhere, and the set has none; `export` unless told. */
  readonly encryptionSettings?: 'export' | 'leave-out' | undefined;
  readonly compress: boolean;
  readonly maxMegabytesPerSecond?: number | undefined;
  /** Whether each backend with users' entries is exported as well, so that a restore can be proven entry by entry. */
  readonly isExported: boolean;
  /** How many archived sets stay in the staging folder for a fast restore. */
  readonly keepLocal: number;
  /** Applied after the set is archived; an empty rule forgets nothing. */
  readonly retention: RetentionRule;
  /** A set with less than this share (0 to 1) of the entries or bytes before is suspicious. */
  readonly suspicionShare: number;
  /** The operator says that what looks suspicious is right: the set is archived as complete, and the next is compared with it. */
  readonly isAccepted: boolean;
}

export interface BackupReport extends Protection {
  readonly snapshot: SavedSnapshot;
  readonly files: number;
  /** Of the directory, over all backends with users' entries; undefined where the server told of none. */
  readonly entries: number | undefined;
  /** Milliseconds from the server's first task to the last word of the store. */
  readonly duration: number;
  readonly forgotten: readonly Snapshot[];
  /** Why what the rule would drop is still there, where that failed; the backup itself is safe then. */
  readonly forgetFailure: Failure | undefined;
}

/**
 * One backup (design §3): lease → backends → server's tasks into a fresh staging folder → each file checked → manifest → archive → forget by
 * the rule → locks extended → staging emptied. A step that fails leaves no snapshot, no staged rest and no lease; what a killed run leaves, the next one sweeps.
 */
export async function backUp(request: BackupRequest, options: OperationContext = {}): Promise<BackupReport> {
  const { archive, server, leases } = request;
  await archive.open(options);
  const description = await server.describe(options);
  refuseKeysThatStayBehind(description, request.encrypt);
  await assertPrivileges(server, 'backup', options);
  if (request.isExported) await assertPrivileges(server, 'export', options);
  const name = archiveNameOf(server, description, request.serverName);
  await assertNoRestore(request, name, description, options);
  return tellingInterruption(
    options.signal,
    () => cutOff(name),
    () => underLease(leases, name, options, (lease, held) => backUpUnderLease(request, { name, description, lease }, held)),
  );
}

/** While a topology is being restored its replicas hold neither what they had nor what they will have. */
async function assertNoRestore(
  { staging, leases }: BackupRequest,
  name: string,
  { replication }: ServerDescription,
  options: OperationContext,
): Promise<void> {
  const journal = await readJournal(staging, name);
  if (journal?.topology !== undefined) throw unfinished(journal, `back up server "${name}"`);
  if (replication.state !== 'replicated') return;
  for (const lease of topologyLeaseNames(replication.baseDns)) await leases.assertFree(lease, options);
}

interface Run {
  readonly name: string;
  readonly description: ServerDescription;
  readonly lease: Lease;
}

async function backUpUnderLease(request: BackupRequest, run: Run, options: OperationContext): Promise<BackupReport> {
  const { archive, staging, clock } = request;
  const began = clock.now();
  const hadTasks = await sweepRests(request, run.name, options);
  // A restore that was under way until now had its backend out of service when the server was described.
  const description = hadTasks ? await request.server.describe(options) : run.description;
  const before = await archive.list({ server: run.name }, options);
  const folder = await makeRunFolder(staging, run.name, await freeBackupId(before, clock, options.signal));
  try {
    const manifest = await stageSet(request, { ...run, description }, { began, folder, before }, options);
    const assertHeld = () => run.lease.assertHeld();
    const snapshot = await archive.save(folder.folder, manifest, { ...options, assertHeld });
    await keep(folder, snapshot, request, options);
    options.report?.({ kind: 'note', level: 'info', text: `archived as snapshot ${shortId(snapshot.id)}` });
    const forgot = await tellingInterruption(
      options.signal,
      () =>
        interrupted(
          'The forgetting of older snapshots',
          `the backup itself is archived as snapshot ${shortId(snapshot.id)}`,
          'run "rootcellar forget --yes", or leave it to the next backup',
        ),
      () => forgetByRule(archive, run.name, request.retention, options),
    );
    const protection = await tellingInterruption(
      options.signal,
      () =>
        interrupted(
          'The extension of locks',
          `the backup itself is archived as snapshot ${shortId(snapshot.id)}`,
          'leave it to the next backup, or run "rootcellar prune --yes"',
        ),
      () => extendLocksAfter(archive, options),
    );
    const duration = clock.now().getTime() - began.getTime();
    return { snapshot, files: manifest.files.length, entries: entriesOf(manifest), duration, ...forgot, ...protection };
  } catch (error) {
    await rm(folder.folder, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  } finally {
    await empty(request, run.name, options);
  }
}

/** By the exports, in which each was read; by the server's word where there is none. */
function entriesOf({ backends }: Manifest): number | undefined {
  const counts = backends
    .filter(({ role }) => role === 'user')
    .flatMap((backend) => backend.export?.entries ?? backend.baseDns.map(({ entries }) => entries))
    .filter((entries) => entries !== undefined);
  return counts.length === 0 ? undefined : counts.reduce((sum, entries) => sum + entries, 0);
}

function cutOff(server: string): Failure {
  return interrupted(`The backup of server "${server}"`, 'no snapshot was made', 'nothing of it is left; run it again when it may run');
}

/** The set is safe in the archive: a staging folder that cannot be written or emptied then is worth a warning, and no failure. */
async function keep(
  folder: RunFolder,
  snapshot: Snapshot,
  { archive, keepLocal }: BackupRequest,
  options: OperationContext,
): Promise<void> {
  if (keepLocal === 0) return;
  try {
    // The archived manifest has the hashes that were worked out on the way.
    const manifest = await archive.manifest(snapshot, options);
    await writeStaged(path.join(folder.folder, manifestName), encodeManifest(manifest));
    await markArchived(folder, snapshot.id);
  } catch (error) {
    options.report?.({ kind: 'note', level: 'warning', text: `the set is archived but not kept locally: ${messageOf(error)}` });
  }
}

async function empty({ staging, keepLocal }: BackupRequest, name: string, { report }: OperationContext): Promise<void> {
  await sweepStaging(staging, name, keepLocal).catch((error: unknown) => {
    report?.({
      kind: 'note',
      level: 'warning',
      text: `the staging folder could not be emptied, the next backup will try: ${messageOf(error)}`,
    });
  });
}

/** Ends what an earlier run that was killed left: its tasks on the server first, as they still write to its folder; tells if there were any. */
async function sweepRests({ server, staging, keepLocal }: BackupRequest, name: string, options: OperationContext): Promise<boolean> {
  const tasks = await server.cancelAbandonedTasks(options);
  const rests = await sweepStaging(staging, name, keepLocal);
  if (tasks.length === 0 && !rests.some((rest) => !rest.endsWith('.archived'))) return false;
  const found = [...(tasks.length > 0 ? [`${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} on the server`] : []), ...rests].join(
    ', ',
  );
  options.report?.({ kind: 'note', level: 'warning', text: `removed what an earlier run left: ${found}` });
  return tasks.length > 0;
}

interface SetPlace {
  readonly began: Date;
  readonly folder: RunFolder;
  readonly before: readonly Snapshot[];
}

async function stageSet(
  request: BackupRequest,
  run: Run,
  { began, folder, before }: SetPlace,
  options: OperationContext,
): Promise<Manifest> {
  const { server, staging } = request;
  const backends = chooseBackends(run.description, request.backends);
  const last = before.find((snapshot) => snapshot.state === 'complete');
  const lastSet = last && (await request.archive.manifest(last, options));
  const expected = backends.reduce((sum, backend) => sum + (backend.databaseBytes ?? 0) + exportBytesOf(backend, request, lastSet), 0);
  await assertRoom(staging, expected, `a backup of ${backends.map((backend) => backend.id).join(', ')}`);
  const staged = await stageBackends(request, run.description, backends, folder, options);
  const after = await server.describe(options);
  const manifest = await describeSet(
    {
      folder: folder.folder,
      backupId: path.basename(folder.folder),
      began,
      ended: request.clock.now(),
      server: run.name,
      program: request.program,
      source: { description: run.description, after, location: server.location, via: request.via },
      staged,
      isHashed: request.archive.needsHashes,
    },
    options.signal,
  );
  const flagged = await flagSuspicions(request, manifest, lastSet, options);
  await writeStaged(path.join(folder.folder, manifestName), encodeManifest(flagged));
  return flagged;
}

/** As large as the last one and a tenth more; the first is taken to be at most as large as the database, which has indexes beside the entries. */
function exportBytesOf({ id, role, databaseBytes = 0 }: Backend, { isExported }: BackupRequest, lastSet: Manifest | undefined): number {
  if (!isExported || role !== 'user') return 0;
  const path = lastSet?.backends.find((backend) => backend.id === id)?.export?.path;
  const lastBytes = lastSet?.files.find((file) => file.path === path)?.bytes;
  return lastBytes === undefined ? databaseBytes : Math.ceil(lastBytes * 1.1);
}

async function flagSuspicions(
  { backends, suspicionShare, isAccepted }: BackupRequest,
  manifest: Manifest,
  lastSet: Manifest | undefined,
  options: OperationContext,
): Promise<Manifest> {
  const rule = { share: suspicionShare, isWholeServer: backends.length === 0 };
  const suspicions = suspicionsOf(manifest, lastSet, rule);
  const name = isAccepted ? 'accepted' : 'suspicious';
  for (const text of suspicions) options.report?.({ kind: 'note', level: 'warning', text: `${name}: ${text}` });
  return suspicions.length === 0 || isAccepted ? manifest : { ...manifest, suspicions: [...suspicions] };
}

/** An ID that no set of this server has: that of this second, or of a later one. */
export async function freeBackupId(taken: readonly Snapshot[], clock: Clock, signal: AbortSignal | undefined): Promise<string> {
  for (;;) {
    const backupId = backupIdAt(clock.now());
    if (!taken.some((snapshot) => snapshot.backupId === backupId)) return backupId;
    await clock.sleep(200, signal);
  }
}

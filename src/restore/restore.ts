import { rm } from 'node:fs/promises';
import type { Archive, NearSet } from '../archive/archive.ts';
import type { Lease, Leases } from '../archive/lease.ts';
import { underTopologyLeases } from '../archive/topology-lease.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { EntryProof, RecoveryReport } from '../domain/recovery-report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { DirectoryServer, ServerDescription } from '../directory-servers/directory-server.ts';
import { archiveNameOf, assertPrivileges } from '../directory-servers/server-checks.ts';
import type { Topology } from '../directory-servers/topology.ts';
import type { Clock } from '../foundation/clock.ts';
import { type Failure, interrupted, messageOf, tellingInterruption } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { readJournal, RestoreJournal, type JournalDocument } from '../staging/restore-journal.ts';
import { keptSets, makeRunFolder, type RunFolder, type Staging } from '../staging/staging.ts';
import { afterFailure } from './after-failure.ts';
import { checkExports } from './check-exports.ts';
import { compareWithNow } from './compare-with-now.ts';
import { examineTarget } from './examine-target.ts';
import { isExportOf, withExports } from './exports-of-set.ts';
import { fetchSet } from './fetch.ts';
import { assertSpace, outlookOf } from './outlook.ts';
import { planRestore, type RestorePlan } from './plan.ts';
import { assertTopologyWish, planTopology, type TopologyWish } from './plan-topology.ts';
import { proveLikeTarget, proveTarget } from './prove-steps.ts';
import { replicaProof } from './replica-proof.ts';
import { reportOf } from './restore-report.ts';
import { runSteps, taskOf, topologyOf, type RestoreScene } from './run-steps.ts';
import type { RestoreSource } from './steps.ts';
import { unfinished } from '../staging/unfinished-restore.ts';

export interface RestoreRequest {
  readonly archive: Archive;
  readonly leases: Leases;
  readonly server: DirectoryServer;
  /** The replicas of the server; asked for only where it has any. */
  readonly topology: () => Promise<Topology>;
  readonly staging: Staging;
  readonly clock: Clock;
  /** `rootcellar 0.1.0`, for the report. */
  readonly program: string;
  /** The name of the server that is restored into; its own where it is undefined. */
  readonly serverName?: string | undefined;
  readonly snapshot: Snapshot;
  /** Empty: every backend of the set that holds users' entries. */
  readonly backends: readonly string[];
  /** Whether the plan shows what becomes of the entries that are there now, for which the server exports them. */
  readonly isCompared?: boolean | undefined;
  /** `export`: the entries of the set's LDIF exports are restored, and its backups not looked at. */
  readonly source: RestoreSource;
  readonly wish: TopologyWish;
  /** What follows a failure before the proof: the restored replica is initialised from another and replication resumed, or all stays as it is. */
  readonly onFailure: 'roll-back' | 'stop';
  /** Shown the plan before anything is touched; the restore goes on only when it resolves to true. */
  readonly approve: (plan: RestorePlan) => Promise<boolean>;
}

export interface RestoreReport {
  readonly plan: RestorePlan;
  /** False: the operator said no, or only wanted the plan; nothing was touched. */
  readonly isDone: boolean;
  readonly proofs: readonly EntryProof[];
  /** Each step with its milliseconds, those of earlier runs included. */
  readonly steps: JournalDocument['steps'];
  readonly duration: number;
}

/**
 * One restore (design §3): plan → yes → fetch, every byte checked → the server's own check of each backup → replication suspended → encryption settings →
 * each backend → proof → the other replicas initialised from the proven one → replication resumed → each of them proven.
 *
 * Each step is noted in a journal in the staging folder: a restore that was killed is run again and goes on where it was. No replica but the restored one is
 * changed before the proof; what fails before it is rolled back (unless `onFailure` is `stop`), what fails after it is left for another run to go on with.
 *
 * @throws Failure E_RESTORE_UNPROVEN (exit code 20) when the server says success and its entries say otherwise; E_RESTORE_UNFINISHED when
 *   another restore of this server did not come to its end; those of {@link planRestore} and {@link planTopology}
 */
export function restore(request: RestoreRequest, options: OperationContext = {}): Promise<RestoreReport> {
  return tellingInterruption(options.signal, cutOff(request.server, 'nothing was restored yet'), () => planAndRestore(request, options));
}

async function planAndRestore(request: RestoreRequest, options: OperationContext): Promise<RestoreReport> {
  const { archive, server, leases, snapshot } = request;
  await archive.open(options);
  const target = await server.describe(options);
  // Before the plan, which reads what a poor account may not, and would say less of it.
  await assertPrivileges(server, request.source === 'export' ? 'import' : 'restore', options);
  const name = archiveNameOf(server, target, request.serverName);
  const earlier = await unfinishedOf(request, name);
  const manifest = await archive.manifest(snapshot, options);
  const plan = await withChanges(request, await makePlan(request, { target, manifest, name, earlier }, options), name, options);
  if (!(await request.approve(plan))) return { plan, isDone: false, proofs: [], steps: [], duration: 0 };
  const work = { request, plan, manifest, name, earlier };
  return underTopologyLeases(leases, name, plan.topology?.baseDns ?? [], options, (held, context) =>
    restoreUnderLease({ ...work, leases: held }, context),
  );
}

/** Only a restore of a topology is gone on with: of a single server all is done anew, which is as quick and leaves no doubt. */
async function unfinishedOf({ staging, snapshot, backends, source }: RestoreRequest, name: string): Promise<JournalDocument | undefined> {
  const journal = await readJournal(staging, name);
  if (journal?.topology === undefined) return undefined;
  const isSame =
    journal.snapshot === snapshot.id && journal.backends.join(' ') === backends.join(' ') && (journal.source ?? 'backup') === source;
  if (isSame && journal.direction === 'forward') return journal;
  throw unfinished(journal, `restore ${snapshot.backupId}`);
}

interface Known {
  readonly target: ServerDescription;
  readonly name: string;
  readonly manifest: Manifest;
  readonly earlier: JournalDocument | undefined;
}

async function makePlan(
  request: RestoreRequest,
  { target, manifest, name, earlier }: Known,
  options: OperationContext,
): Promise<RestorePlan> {
  const { archive, server, wish, snapshot, backends, source, staging, clock } = request;
  const isReplica = target.replication.state === 'replicated' || earlier !== undefined;
  const read = async () => (await request.topology()).read(options);
  // Without --topology it only serves the sentence of the refusal.
  const state = isReplica ? await (wish.isWanted ? read() : read().catch(() => undefined)) : undefined;
  if (earlier === undefined || !wish.isWanted) assertTopologyWish(target.replication, server.location, wish, state);
  const known = source === 'export' ? withExports(manifest) : manifest.backends;
  const chosen = known.filter(({ id, role }) => (backends.length > 0 ? backends.includes(id) : role === 'user'));
  const files = source === 'export' ? manifest.files.filter(isExportOf(chosen)) : manifest.files;
  const isStaged = (await keptSets(staging, name)).some(({ snapshotId }) => snapshotId === snapshot.id);
  const outlook = await outlookOf({ archive, staging, snapshot, manifest, backends: chosen, files, isStaged }, options);
  const plan = planRestore({
    snapshot,
    manifest,
    target,
    serverName: name,
    outlook,
    now: clock.now(),
    // An export is in clear, and no database that a server would have to be compatible with.
    findings: source === 'export' ? undefined : await examineTarget(server, manifest, options),
    source,
    location: server.location,
    backends,
    topologyFor: (chosen) => (state === undefined ? undefined : topologyPlanOf(planTopology(state, chosen, wish), earlier)),
    done: earlier?.steps.filter(({ state: is }) => is === 'done').map(({ key }) => key),
  });
  if (plan.topology !== undefined) await (await request.topology()).assertReady('restore the topology', options);
  if (earlier === undefined) assertSpace(outlook, staging);
  return plan;
}

async function withChanges(
  request: RestoreRequest,
  plan: RestorePlan,
  serverName: string,
  options: OperationContext,
): Promise<RestorePlan> {
  if (request.isCompared !== true) return plan;
  await assertPrivileges(request.server, 'export', options);
  const backends = plan.steps.flatMap((step) => (step.kind === 'restore-backend' ? [step.backend] : []));
  return { ...plan, changes: await compareWithNow({ ...request, serverName, backends }, options) };
}

/** What goes on keeps to what was decided when it began: by now replicas may look like what it has made of them. */
function topologyPlanOf(now: ReturnType<typeof planTopology>, earlier: JournalDocument | undefined): ReturnType<typeof planTopology> {
  if (earlier?.topology === undefined) return now;
  const { others, ...before } = earlier.topology;
  return { ...before, others: others.map(({ entriesNow, ...other }) => ({ ...other, entriesNow })) };
}

interface Work {
  readonly request: RestoreRequest;
  readonly plan: RestorePlan;
  readonly manifest: Manifest;
  readonly name: string;
  readonly earlier: JournalDocument | undefined;
  readonly leases: readonly Lease[];
}

async function restoreUnderLease(work: Work, options: OperationContext): Promise<RestoreReport> {
  const { request, plan } = work;
  const { server, clock, staging } = request;
  const began = clock.now();
  await server.cancelAbandonedTasks(options);
  const places = await stage(request, work.name);
  const proofRun = await makeRunFolder(staging, work.name, `proof-${plan.snapshot.backupId}`);
  const journal = await openJournal(work, began);
  const proofs: EntryProof[] = [];
  const scene = await sceneOf(work, { ...places, proofRun, journal, proofs });
  const tell = (failure: unknown) =>
    saveReport(request, reportOf({ ...work, program: request.program, journal, proofs, failure, began, now: clock.now() }), options);
  try {
    const isUnproven = cutOff(server, 'see the plan of the next run for what was done');
    await tellingInterruption(options.signal, isUnproven, () => runSteps(plan.steps, scene, options));
  } catch (error) {
    await tell(error);
    throw await afterFailure(error, { ...scene, plan, onFailure: request.onFailure, clock }, options);
  } finally {
    await rm(proofRun.folder, { recursive: true, force: true });
  }
  await tell(undefined);
  await journal.remove();
  // Kept when anything failed, so that the next try does not fetch again; a backup sweeps it.
  if (places.isOwn) await rm(places.run.folder, { recursive: true, force: true });
  const { steps } = journal.document;
  return { plan, isDone: true, proofs, steps, duration: clock.now().getTime() - began.getTime() };
}

/** What came of it is kept beside the snapshot; where that cannot be, the restore is what it is all the same. */
async function saveReport(
  { archive, snapshot }: RestoreRequest,
  report: RecoveryReport | undefined,
  options: OperationContext,
): Promise<void> {
  if (report === undefined || options.signal?.aborted === true) return;
  await archive.saveReport(snapshot, report, options).catch((error: unknown) => {
    options.report?.({ kind: 'note', level: 'warning', text: `the report could not be kept in the archive: ${messageOf(error)}` });
  });
}

async function openJournal({ request, plan, name, earlier }: Work, began: Date): Promise<RestoreJournal> {
  const { staging, clock, snapshot, backends, server } = request;
  const found = earlier === undefined ? undefined : await RestoreJournal.find(staging, name, clock);
  if (found !== undefined) return found;
  const { topology } = plan;
  return RestoreJournal.begin(
    staging,
    {
      version: 1,
      began: began.toISOString(),
      server: name,
      target: server.location,
      snapshot: snapshot.id,
      backupId: snapshot.backupId,
      backends: [...backends],
      ...(plan.source === 'export' ? { source: plan.source } : {}),
      ...(topology === undefined ? {} : { topology: { ...topology, baseDns: [...topology.baseDns], others: [...topology.others] } }),
      fences: {},
      direction: 'forward',
      steps: [],
    },
    clock,
  );
}

interface Places {
  readonly run: RunFolder;
  readonly near: readonly NearSet[];
  readonly proofRun: RunFolder;
  readonly journal: RestoreJournal;
  /** Gets what is proven. */
  readonly proofs: EntryProof[];
}

async function sceneOf({ request, plan, manifest, leases, name }: Work, places: Places): Promise<RestoreScene> {
  const { server, archive, snapshot, backends } = request;
  const { run, near, proofRun, journal, proofs } = places;
  const topology = plan.topology === undefined ? undefined : await request.topology();
  const steps = plan.steps.filter((step) => step.kind === 'restore-backend');
  const target = plan.topology?.target ?? name;
  const isWanted = plan.source === 'export' ? isExportOf(steps.map(({ backend }) => backend)) : undefined;
  const proof = {
    server,
    serverName: target,
    manifest,
    backends: steps.map(({ backend }) => backend.id),
    source: plan.source,
    setFolder: run.folder,
    run: proofRun,
    writersSince: plan.topology?.isFenced === true ? undefined : new Date(journal.document.began),
  };
  return {
    server,
    topology,
    journal,
    run,
    proofRun,
    baseDns: plan.topology?.baseDns ?? [],
    // Who names backends of a damaged set was told in the plan that they are whole.
    fetch: async (options) =>
      void (await fetchSet(archive, snapshot, run.folder, { ...options, isPartAccepted: backends.length > 0, near, isWanted })),
    checkBackups: async (options) => {
      for (const step of steps) await server.restore({ ...taskOf(step, run), verifyOnly: true }, options);
    },
    checkExports: (options) =>
      checkExports(
        run.folder,
        steps.map(({ backend }) => backend),
        options,
      ),
    prove: async (options) => void proofs.push(...(await proveTarget(proof, options))),
    proveReplica: async (replica, options) => {
      const like = replicaProof({ server, topology: topologyOf({ topology }), clock: request.clock, journal, proofRun });
      proofs.push(...(await proveLikeTarget(like, { target, name: replica }, options)));
    },
    assertHeld: async () => {
      for (const lease of leases) await lease.assertHeld();
    },
  };
}

function cutOff(server: DirectoryServer, state: string): () => Failure {
  return () => interrupted(`The restore into ${server.location}`, state, 'run it again; the archive is untouched');
}

/**
 * Where the set is staged: one that was kept there, which is checked again, or else a folder of its own, for which the other kept ones give what they have
 * in common with it. What is kept of another server is not used: its next backup may sweep it, and we hold no lease of that one.
 */
async function stage({ staging, snapshot }: RestoreRequest, name: string) {
  const sets = await keptSets(staging, name);
  const kept = sets.find((set) => set.snapshotId === snapshot.id);
  if (kept !== undefined) return { run: kept, isOwn: false, near: [] };
  return { run: await makeRunFolder(staging, name, `restore-${snapshot.backupId}`), isOwn: true, near: sets };
}

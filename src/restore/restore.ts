import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Archive } from '../archive/archive.ts';
import { underLease, type Lease, type Leases } from '../archive/lease.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { archiveNameOf, assertPrivileges } from '../directory-servers/server-checks.ts';
import type { Clock } from '../foundation/clock.ts';
import { exitCodes, Failure, interrupted, tellingInterruption } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { keptSets, makeRunFolder, type RunFolder, type Staging } from '../staging/staging.ts';
import { fetchSet } from './fetch.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import { planRestore, type RestorePlan, type RestoreStep } from './plan.ts';
import { withStateOf } from './state-after-failure.ts';
import { faultOf } from './proof-text.ts';
import { proveRestored, type ProveRequest } from './prove.ts';

export interface RestoreRequest {
  readonly archive: Archive;
  readonly leases: Leases;
  readonly server: DirectoryServer;
  readonly staging: Staging;
  readonly clock: Clock;
  /** The name of the server that is restored into; its own where it is undefined. */
  readonly serverName?: string | undefined;
  readonly snapshot: Snapshot;
  /** Empty: every backend of the set that holds users' entries. */
  readonly backends: readonly string[];
  /** Shown the plan before anything is touched; the restore goes on only when it resolves to true. */
  readonly approve: (plan: RestorePlan) => Promise<boolean>;
}

export interface RestoreReport {
  readonly plan: RestorePlan;
  /** False: the operator said no, or only wanted the plan; nothing was touched. */
  readonly isDone: boolean;
  readonly proofs: readonly EntryProof[];
  readonly duration: number;
}

/**
 * One restore onto a server that is not replicated (design §3): plan → yes → fetch, every byte checked → the server's own check of each
 * backup → encryption settings → each backend → proof by every entry, or by the counts where the set has no export. What fails before the first restore task has touched nothing.
 *
 * @throws Failure E_RESTORE_UNPROVEN (exit code 20) when the server says success and the entries say otherwise
 */
export function restore(request: RestoreRequest, options: OperationContext = {}): Promise<RestoreReport> {
  return tellingInterruption(options.signal, cutOff(request.server, 'nothing was restored yet'), () => planAndRestore(request, options));
}

async function planAndRestore(request: RestoreRequest, options: OperationContext): Promise<RestoreReport> {
  const { archive, server, leases } = request;
  await archive.open(options);
  const target = await server.describe(options);
  // Before the plan, which reads what a poor account may not, and would say less of it.
  await assertPrivileges(server, 'restore', options);
  const manifest = await archive.manifest(request.snapshot, options);
  if (manifest.backends.some((backend) => backend.export !== undefined)) await assertPrivileges(server, 'export', options);
  const plan = planRestore({
    snapshot: request.snapshot,
    manifest,
    target,
    location: server.location,
    backends: request.backends,
  });
  if (!(await request.approve(plan))) return { plan, isDone: false, proofs: [], duration: 0 };
  const name = archiveNameOf(server, target, request.serverName);
  return underLease(leases, name, options, (lease, held) => restoreUnderLease(request, plan, { name, lease, manifest }, held));
}

async function restoreUnderLease(
  request: RestoreRequest,
  plan: RestorePlan,
  { name, lease, manifest }: { readonly name: string; readonly lease: Lease; readonly manifest: Manifest },
  options: OperationContext,
): Promise<RestoreReport> {
  const { server, clock } = request;
  const began = clock.now();
  await server.cancelAbandonedTasks(options);
  const { run, isOwn } = await stage(request, name, options);
  for (const step of plan.steps) if (step.kind === 'enable-backend') await server.enableBackend(step.backend, options);
  await askServerToCheck(server, plan, run, options);
  await lease.assertHeld();
  for (const step of plan.steps) await executeStep(server, step, run, options);
  const isUnproven = cutOff(server, 'the backends are restored, but not proven');
  const proofRun = await makeRunFolder(request.staging, name, `proof-${request.snapshot.backupId}`);
  const proofRequest = {
    server,
    serverName: server.location,
    manifest,
    backends: restoredBackends(plan),
    setFolder: run.folder,
    run: proofRun,
  };
  const proofs = await tellingInterruption(options.signal, isUnproven, async () => {
    try {
      return await prove(proofRequest, options);
    } finally {
      await rm(proofRun.folder, { recursive: true, force: true });
    }
  });
  // Kept when anything failed, so that the next try does not fetch again; a backup sweeps it.
  if (isOwn) await rm(run.folder, { recursive: true, force: true });
  return { plan, isDone: true, proofs, duration: clock.now().getTime() - began.getTime() };
}

function cutOff(server: DirectoryServer, state: string): () => Failure {
  return () => interrupted(`The restore into ${server.location}`, state, 'run it again; the archive is untouched');
}

/**
 * The set in the staging folder: one that was kept there, checked again, or else fetched. What is kept of another server is not used:
 * its next backup may sweep it, and we hold no lease of that one.
 */
async function stage(request: RestoreRequest, name: string, options: OperationContext): Promise<{ run: RunFolder; isOwn: boolean }> {
  const { archive, staging, snapshot } = request;
  const kept = (await keptSets(staging, name)).find((set) => set.snapshotId === snapshot.id);
  const run = kept ?? (await makeRunFolder(staging, name, `restore-${snapshot.backupId}`));
  // Who names backends of a damaged set was told in the plan that they are whole.
  await fetchSet(archive, snapshot, run.folder, { ...options, isPartAccepted: request.backends.length > 0 });
  return { run, isOwn: kept === undefined };
}

async function askServerToCheck(server: DirectoryServer, plan: RestorePlan, run: RunFolder, options: OperationContext): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind === 'restore-backend') await server.restore({ ...taskOf(step, run), verifyOnly: true }, options);
  }
}

async function executeStep(server: DirectoryServer, step: RestoreStep, run: RunFolder, options: OperationContext): Promise<void> {
  if (step.kind === 'enable-backend') return;
  // The server's own task reports itself as a step.
  if (step.kind === 'restore-backend') {
    await server.restore(taskOf(step, run), options).catch(async (error: unknown) => {
      throw await withStateOf(server, step.backend.id, error);
    });
    return;
  }
  const name = 'import encryption settings';
  options.report?.({ kind: 'begin', step: name });
  await server.importEncryptionSettings(path.posix.join(run.serverFolder, step.file), options);
  options.report?.({ kind: 'end', step: name });
}

function taskOf({ backend }: Extract<RestoreStep, { kind: 'restore-backend' }>, run: RunFolder) {
  return { backend: backend.id, folder: path.posix.join(run.serverFolder, backend.folder), backupId: backend.backupId };
}

function restoredBackends({ steps }: RestorePlan): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'restore-backend' ? [step.backend.id] : []));
}

async function prove(request: ProveRequest, options: OperationContext): Promise<readonly EntryProof[]> {
  const proofs = await proveRestored(request, options);
  const [wrong] = proofs.filter((proof) => proof.state === 'different');
  if (wrong === undefined) return proofs;
  throw new Failure(
    'E_RESTORE_UNPROVEN',
    `Cannot prove the restore of ${wrong.backend}: the server says that it succeeded, but ${faultOf(wrong)}`,
    {
      exitCode: exitCodes.verificationFailed,
      hint: 'do not use this server yet: look at its error log, then restore again; the archive is untouched',
    },
  );
}

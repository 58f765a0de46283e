import type { NearSet } from '../archive/archive.ts';
import type { Lease } from '../archive/lease.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { EntryProof, RecoveryReport } from '../domain/recovery-report.ts';
import { messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { RestoreJournal, type JournalDocument } from '../staging/restore-journal.ts';
import { keptSets, makeRunFolder, type RunFolder } from '../staging/staging.ts';
import { unfinished } from '../staging/unfinished-restore.ts';
import { checkExports } from './check-exports.ts';
import { isExportOf } from './exports-of-set.ts';
import { fetchSet } from './fetch.ts';
import type { RestorePlan } from './plan.ts';
import { proveLikeTarget, proveTarget } from './prove-steps.ts';
import { replicaProof } from './replica-proof.ts';
import type { RestoreRequest } from './restore-request.ts';
import { taskOf, topologyOf, type RestoreScene } from './run-steps.ts';

/** A restore that was approved, under its leases. */
export interface Work {
  readonly request: RestoreRequest;
  readonly plan: RestorePlan;
  readonly manifest: Manifest;
  readonly name: string;
  readonly earlier: JournalDocument | undefined;
  readonly leases: readonly Lease[];
}

/**
 * Where the set is staged: one that was kept there, which is checked again, or else a folder of its own, for which the other kept ones give what they have
 * in common with it. What is kept of another server is not used: its next backup may sweep it, and we hold no lease of that one.
 */
export async function stage({ staging, snapshot }: RestoreRequest, name: string) {
  const sets = await keptSets(staging, name);
  const kept = sets.find((set) => set.snapshotId === snapshot.id);
  if (kept !== undefined) return { run: kept, isOwn: false, near: [] };
  return { run: await makeRunFolder(staging, name, `restore-${snapshot.backupId}`), isOwn: true, near: sets };
}

/** What came of it is kept beside the snapshot; where that cannot be, the restore is what it is all the same. */
export async function saveReport(
  { archive, snapshot }: RestoreRequest,
  report: RecoveryReport | undefined,
  options: OperationContext,
): Promise<void> {
  if (report === undefined || options.signal?.aborted === true) return;
  await archive.saveReport(snapshot, report, options).catch((error: unknown) => {
    options.report?.({ kind: 'note', level: 'warning', text: `the report could not be kept in the archive: ${messageOf(error)}` });
  });
}

/** That of the run that is gone on with, or a new one. @throws Failure E_RESTORE_UNFINISHED */
export async function openJournal({ request, plan, name, earlier }: Work, began: Date): Promise<RestoreJournal> {
  const { staging, clock, snapshot, backends, server } = request;
  const found = await RestoreJournal.find(staging, name, clock);
  if (found?.document.topology !== undefined) {
    if (earlier !== undefined) return found;
    // Begun and cut off since the plan was made: another one has to be made.
    throw unfinished(found.document, `restore ${snapshot.backupId}`);
  }
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

/** Where the files of the restore lie, and what is written down of it. */
export interface Places {
  readonly run: RunFolder;
  readonly near: readonly NearSet[];
  readonly proofRun: RunFolder;
  readonly journal: RestoreJournal;
  /** Gets what is proven. */
  readonly proofs: EntryProof[];
}

/** Puts together what the steps work with. */
export async function sceneOf({ request, plan, manifest, leases, name }: Work, places: Places): Promise<RestoreScene> {
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

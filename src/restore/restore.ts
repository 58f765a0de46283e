import { rm } from 'node:fs/promises';
import { underTopologyLeases } from '../archive/topology-lease.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { archiveNameOf, assertPrivileges } from '../directory-servers/server-checks.ts';
import { type Failure, interrupted, tellingInterruption } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { JournalDocument, RestoreJournal } from '../staging/restore-journal.ts';
import { makeRunFolder } from '../staging/staging.ts';
import { afterFailure } from './after-failure.ts';
import { makePlan, unfinishedOf } from './make-plan.ts';
import type { RestorePlan } from './plan.ts';
import { reportOf } from './restore-report.ts';
import type { RestoreRequest } from './restore-request.ts';
import { openJournal, saveReport, sceneOf, stage, type Work } from './restore-scene.ts';
import { runSteps } from './run-steps.ts';
import { keyOf } from './steps.ts';

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
  return tellingInterruption(
    options.signal,
    () => cutOff(request.server, 'nothing was restored yet'),
    () => planAndRestore(request, options),
  );
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
  const plan = await makePlan(request, { target, manifest, name, earlier }, options);
  if (!(await request.approve(plan))) return { plan, isDone: false, proofs: [], steps: [], duration: 0 };
  const work = { request, plan, manifest, name, earlier };
  return underTopologyLeases(leases, name, plan.topology?.baseDns ?? [], options, (held, context) =>
    restoreUnderLease({ ...work, leases: held }, context),
  );
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
    const told = () => cutOff(server, stateOf(plan, journal));
    await tellingInterruption(options.signal, told, () => runSteps(plan.steps, scene, options));
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

function cutOff(server: DirectoryServer, state: string): Failure {
  return interrupted(`The restore into ${server.location}`, state, 'run it again; the archive is untouched');
}

/** What an interruption leaves, in a clause. */
function stateOf({ steps }: RestorePlan, journal: RestoreJournal): string {
  const keys = steps.filter(({ kind }) => kind === 'restore-backend').map(keyOf);
  if (journal.isDone('prove')) return 'the restored server is proven';
  if (!keys.some((key) => journal.isBegun(key))) return 'nothing was restored yet';
  return keys.every((key) => journal.isDone(key)) ? 'the backends are restored, but not proven' : 'not all backends are restored';
}

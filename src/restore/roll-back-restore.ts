import { rm } from 'node:fs/promises';
import { underTopologyLeases } from '../archive/topology-lease.ts';
import { archiveNameOf } from '../directory-servers/server-checks.ts';
import { wrongUsage } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { RestoreJournal } from '../staging/restore-journal.ts';
import { makeRunFolder } from '../staging/staging.ts';
import { planRollBack, rollBack, type RollBackPlan } from './roll-back.ts';
import type { WorkOnServer } from './work-on-server.ts';

export interface RollBackRequest extends WorkOnServer {
  /** The replica to take the entries from; undefined: one that is as it was. */
  readonly from: string | undefined;
  readonly approve: (plan: RollBackPlan) => Promise<boolean>;
}

export interface RollBackReport {
  readonly plan: RollBackPlan;
  readonly isDone: boolean;
  readonly duration: number;
}

/**
 * Undoes the restore of a topology that did not come to its end: see {@link planRollBack}. Run again after it was cut off, it goes on.
 *
 * @throws Failure E_USAGE when there is nothing to undo, E_NO_WAY_BACK when it cannot be
 */
export async function rollBackRestore(request: RollBackRequest, options: OperationContext = {}): Promise<RollBackReport> {
  const { server, staging, clock, leases } = request;
  const name = archiveNameOf(server, await server.describe(options), request.serverName);
  const journal = await RestoreJournal.find(staging, name, clock);
  if (journal?.document.topology === undefined) {
    throw wrongUsage(
      `Cannot roll back: no restore of the topology of server "${name}" is unfinished in ${staging.folder}`,
      'run it where the restore ran, with the same server.name and staging.folder',
    );
  }
  const topology = await request.topology();
  await topology.assertReady('roll back the restore', options);
  const plan = planRollBack(journal.document, await topology.read(options), request.from);
  if (!(await request.approve(plan))) return { plan, isDone: false, duration: 0 };
  const began = clock.now().getTime();
  await underTopologyLeases(leases, name, plan.baseDns, options, async (_held, context) => {
    await server.cancelAbandonedTasks(context);
    const proofRun = await makeRunFolder(staging, name, `proof-${plan.backupId}`);
    try {
      await rollBack(plan, { server, topology, journal, clock, proofRun }, context);
    } finally {
      await rm(proofRun.folder, { recursive: true, force: true });
    }
  });
  return { plan, isDone: true, duration: clock.now().getTime() - began };
}

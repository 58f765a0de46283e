import { Failure, exitCodes } from '../foundation/failure.ts';
import type { Clock } from '../foundation/clock.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { Replica, Topology, TopologyState } from '../directory-servers/topology.ts';
import type { JournalDocument, RestoreJournal } from '../staging/restore-journal.ts';
import { lineOfRestore } from '../staging/unfinished-restore.ts';
import type { RunFolder } from '../staging/staging.ts';
import { domainsOf, entriesOf } from './plan-topology.ts';
import { proveLikeTarget } from './prove-steps.ts';
import { replicaProof } from './replica-proof.ts';

/** How a restore of a topology is undone, while no replica but the restored one has changed. */
export interface RollBackPlan {
  readonly snapshot: string;
  readonly backupId: string;
  readonly target: string;
  /** The replica that the restored one takes its entries from again; undefined where nothing on it was restored. */
  readonly source: string | undefined;
  readonly baseDns: readonly string[];
  /** Backends to put into service before. */
  readonly backends: readonly string[];
  readonly isResumed: boolean;
  /** Replicas that the restored one is compared with: all where clients could write meanwhile, for then they may differ from each other. */
  readonly compared: readonly string[];
  /** Replicas that take clients' writes again. */
  readonly unfenced: readonly string[];
  /** The command line by which the restore would go on instead; undefined once it is being undone. */
  readonly goOn: string | undefined;
}

/**
 * Decides how to come back: nothing was restored → replication goes on; something was → the restored replica is initialised from one
 * that still has what it had, then replication goes on.
 *
 * @param from the replica to take the entries from; the first that is as it was, unless told
 * @throws Failure E_NO_WAY_BACK when another replica was initialised already, when the server has no replicas, or when none of them is as it was
 */
export function planRollBack(journal: JournalDocument, state: TopologyState | undefined, from?: string): RollBackPlan {
  const { topology, steps, snapshot, backupId } = journal;
  if (topology === undefined || state === undefined) {
    throw noWayBack(journal, 'the server has no replica to take its entries from', `run "rootcellar restore ${backupId}" again`);
  }
  const initialised = steps.find(({ key }) => key.startsWith('initialize '));
  if (initialised !== undefined) {
    throw noWayBack(
      journal,
      `${initialised.key === 'initialize all' ? 'another replica' : initialised.key.slice('initialize '.length)} was initialised from the restored server already`,
      `run "${lineOfRestore(journal)}" again: it goes on where it was`,
    );
  }
  const restored = steps.filter(({ key }) => key.startsWith('restore ')).map(({ key }) => key.slice('restore '.length));
  const source = restored.length === 0 ? undefined : sourceOf(journal, state, from);
  const others = topology.isFenced ? [] : topology.others.map(({ name }) => name).filter((name) => name !== source);
  return {
    snapshot,
    backupId,
    target: topology.target,
    source,
    compared: [...(source === undefined ? [] : [source]), ...others],
    baseDns: topology.baseDns,
    backends: restored,
    isResumed: steps.some(({ key }) => key === 'suspend'),
    unfenced: Object.keys(journal.fences),
    goOn: journal.direction === 'back' ? undefined : lineOfRestore(journal),
  };
}

function sourceOf(journal: JournalDocument, state: TopologyState, from: string | undefined): string {
  const { baseDns, others } = journal.topology ?? { baseDns: [], others: [] };
  const isAsBefore = (replica: Replica): boolean => {
    const entries = entriesOf(domainsOf(replica, baseDns));
    const before = others.find(({ name }) => name === replica.name)?.entriesNow;
    return entries !== undefined && (before === undefined || before === 0 || entries > before / 2);
  };
  const candidates = state.replicas.filter((replica) => !replica.isTarget && isAsBefore(replica));
  const [chosen] = from === undefined ? candidates : candidates.filter(({ name }) => name === from);
  if (chosen !== undefined) return chosen.name;
  throw noWayBack(
    journal,
    from === undefined ? 'no other replica is up with the entries it had' : `${from} is not up with the entries it had`,
    `bring one up and run "rootcellar roll-back" again, or go on with "${lineOfRestore(journal)}"`,
  );
}

function noWayBack({ server, backupId }: JournalDocument, state: string, hint: string): Failure {
  return new Failure('E_NO_WAY_BACK', `Cannot roll back the restore of ${backupId} into ${server}: ${state}`, { hint });
}

export interface RollBackScene {
  readonly server: DirectoryServer;
  readonly topology: Topology;
  readonly journal: RestoreJournal;
  readonly clock: Clock;
  /** Where the server writes what it is compared by. */
  readonly proofRun: RunFolder;
}

/** Carries the plan out, each step noted in the journal; at its end replication goes on, no fence is left, and the journal is removed. */
export async function rollBack(plan: RollBackPlan, scene: RollBackScene, options: OperationContext): Promise<void> {
  const { journal, topology, server } = scene;
  await journal.turnBack();
  const step = async (name: string, work: () => Promise<void>): Promise<void> => {
    options.signal?.throwIfAborted();
    if (journal.isDone(`back: ${name}`)) return;
    options.report?.({ kind: 'begin', step: `roll back: ${name}` });
    await journal.step(`back: ${name}`, work);
    options.report?.({ kind: 'end', step: `roll back: ${name}` });
  };
  const { source, baseDns } = plan;
  if (source !== undefined) {
    for (const backend of plan.backends) await step(`enable ${backend}`, () => server.enableBackend(backend, options));
    await step(`initialise ${plan.target} from ${source}`, async () => {
      const { replicas } = await topology.read(options);
      await topology.initialize({ from: named(replicas, source), to: named(replicas, plan.target), baseDns }, options);
    });
  }
  if (plan.isResumed) await step('resume replication', () => topology.resume(baseDns, options));
  const proof = replicaProof(scene);
  for (const replica of plan.compared) {
    const which = { target: plan.target, name: replica, isFresh: true };
    await step(`compare with ${replica}`, async () => void (await proveLikeTarget(proof, which, options)));
  }
  for (const replica of plan.unfenced) {
    const backends = journal.document.fences[replica] ?? [];
    await step(`let clients write to ${replica} again`, () => topology.unfence({ replica, backends }, options));
  }
  await journal.remove();
}

function named(replicas: readonly Replica[], name: string): Replica {
  const found = replicas.find((replica) => replica.name === name);
  if (found?.condition.state === 'up') return found;
  throw new Failure('E_REPLICA_DOWN', `Cannot roll back: the replica ${name} does not answer`, {
    hint: 'bring it up, then run "rootcellar roll-back" again: it goes on where it was',
    exitCode: exitCodes.failure,
  });
}

/** What a roll-back that worked leaves, in a clause for the sentence of the failure that made it necessary. */
export function rolledBackText({ source, target, isResumed }: RollBackPlan): string {
  if (source !== undefined)
    return `it was rolled back: ${target} has the entries of ${source} again, replication goes on, and no other replica was changed`;
  return isResumed ? 'replication goes on, and nothing was restored' : 'nothing was changed';
}

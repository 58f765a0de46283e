import path from 'node:path';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { Replica, Topology } from '../directory-servers/topology.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { RunFolder } from '../staging/staging.ts';
import type { RestoreJournal } from '../staging/restore-journal.ts';
import { withStateOf } from './state-after-failure.ts';
import { isChanging, keyOf, type RestoreBackendStep, type RestoreStep } from './steps.ts';

/** What the steps of one restore work with. */
export interface RestoreScene {
  readonly server: DirectoryServer;
  /** Undefined where the server is no replica. */
  readonly topology: Topology | undefined;
  readonly journal: RestoreJournal;
  readonly run: RunFolder;
  /** Where the server writes what it is compared by. */
  readonly proofRun: RunFolder;
  readonly baseDns: readonly string[];
  readonly fetch: (options: OperationContext) => Promise<void>;
  /** The server's own check of each backup. */
  readonly checkBackups: (options: OperationContext) => Promise<void>;
  /** Rejects when an export that is to be imported is not the one that was made. */
  readonly checkExports: (options: OperationContext) => Promise<void>;
  /** Rejects when the restored server has not what the set has. */
  readonly prove: (options: OperationContext) => Promise<void>;
  /** Rejects when the replica has not what the restored server has. */
  readonly proveReplica: (replica: string, options: OperationContext) => Promise<void>;
  /** Right before the first change of a server: rejects when the lease is lost. */
  readonly assertHeld: () => Promise<void>;
}

/** Does what the journal does not call done, in order. What rejects leaves the steps before it done, and the journal saying so. */
export async function runSteps(steps: readonly RestoreStep[], scene: RestoreScene, options: OperationContext): Promise<void> {
  for (const step of steps) {
    options.signal?.throwIfAborted();
    if (isOver(step, scene.journal)) continue;
    options.report?.({ kind: 'stage', key: keyOf(step) });
    await scene.journal.step(keyOf(step), () => runStep(step, scene, options));
  }
}

/** What leads to the proof is done again until there is one: time has passed since an earlier run, and clients may have written. */
function isOver(step: RestoreStep, journal: RestoreJournal): boolean {
  const leadsToProof = ['fetch', 'check-backups', 'check-exports', 'enable-backend', 'restore-backend'].includes(step.kind);
  return journal.isDone(leadsToProof ? 'prove' : keyOf(step));
}

async function runStep(step: RestoreStep, scene: RestoreScene, options: OperationContext): Promise<void> {
  if (isChanging(step)) await scene.assertHeld();
  if (isOfTopology(step)) return told(toldAs(step), options, () => runOnTopology(step, scene, options));
  return runOnServer(step, scene, options);
}

async function runOnServer(step: Exclude<RestoreStep, TopologyStep>, scene: RestoreScene, options: OperationContext): Promise<void> {
  const { server, run } = scene;
  switch (step.kind) {
    // These report themselves.
    case 'fetch':
      return scene.fetch(options);
    case 'prove':
      return scene.prove(options);
    case 'prove-replica':
      return scene.proveReplica(step.replica, options);
    case 'restore-backend':
      return restoreBackend(step, scene, options);
    case 'check-backups':
      return scene.checkBackups(options);
    case 'check-exports':
      return scene.checkExports(options);
    case 'enable-backend':
      return server.enableBackend(step.backend, options);
    case 'import-encryption-settings':
      return told(keyOf(step), options, () => server.importEncryptionSettings(path.posix.join(run.serverFolder, step.file), options));
  }
}

function toldAs(step: TopologyStep): string {
  switch (step.kind) {
    case 'suspend':
      return 'suspend replication';
    case 'resume':
      return 'resume replication';
    case 'fence':
      return `refuse what clients write to ${step.replica}`;
    case 'unfence':
      return `let clients write to ${step.replica} again`;
    case 'initialize':
      return `initialise ${step.replica}`;
    case 'initialize-all':
      return 'initialise all others';
  }
}

async function told(step: string, { report }: OperationContext, work: () => Promise<void>): Promise<void> {
  report?.({ kind: 'begin', step });
  await work();
  report?.({ kind: 'end', step });
}

const topologyKinds = ['suspend', 'resume', 'fence', 'unfence', 'initialize', 'initialize-all'] as const;

type TopologyStep = Extract<RestoreStep, { kind: (typeof topologyKinds)[number] }>;

function isOfTopology(step: RestoreStep): step is TopologyStep {
  return topologyKinds.some((kind) => kind === step.kind);
}

/** Replicas are asked for anew before each step: one that went down meanwhile is noticed before anything is asked of it. */
async function runOnTopology(step: TopologyStep, scene: RestoreScene, options: OperationContext): Promise<void> {
  const topology = topologyOf(scene);
  switch (step.kind) {
    case 'suspend':
      return topology.suspend(scene.baseDns, options);
    case 'resume':
      return topology.resume(scene.baseDns, options);
    case 'fence': {
      const replica = await replicaOf(topology, step.replica, options);
      // Noted before it is set: a run that was killed in between would take its own fence for the operator's.
      await scene.journal.noteFence(step.replica, (await topology.planFence(replica, scene.baseDns, options)).backends);
      return void (await topology.fence(replica, scene.baseDns, options));
    }
    case 'unfence':
      return topology.unfence({ replica: step.replica, backends: scene.journal.document.fences[step.replica] ?? [] }, options);
    case 'initialize-all': {
      const from = (await topology.read(options)).replicas.find(({ isTarget }) => isTarget);
      if (from === undefined) throw new Error('the topology has lost its target');
      return topology.initializeAll({ from, baseDns: scene.baseDns }, options);
    }
    case 'initialize': {
      const { replicas } = await topology.read(options);
      const [from, to] = [replicas.find(({ isTarget }) => isTarget), replicas.find(({ name }) => name === step.replica)];
      if (from === undefined || to === undefined) throw new Error(`the topology has lost ${step.replica}`);
      return topology.initialize({ from, to, baseDns: scene.baseDns }, options);
    }
  }
}

export function topologyOf({ topology }: Pick<RestoreScene, 'topology'>): Topology {
  if (topology === undefined) throw new Error('a step of replication was planned for a server that is no replica');
  return topology;
}

async function replicaOf(topology: Topology, name: string, options: OperationContext): Promise<Replica> {
  const found = (await topology.read(options)).replicas.find((replica) => replica.name === name);
  if (found === undefined) throw new Error(`the topology has no replica ${name}`);
  return found;
}

async function restoreBackend(step: RestoreBackendStep, { server, run }: RestoreScene, options: OperationContext): Promise<void> {
  const { backend, from } = step;
  const work =
    from === undefined
      ? server.restore(taskOf(step, run), options)
      : server.importLdif({ backend: backend.id, ldifFile: path.posix.join(run.serverFolder, from.path) }, options);
  await work.catch(async (error: unknown) => {
    throw await withStateOf(server, step.backend.id, error);
  });
}

/** What the server's restore task is asked for. */
export function taskOf({ backend }: RestoreBackendStep, run: RunFolder) {
  return { backend: backend.id, folder: path.posix.join(run.serverFolder, backend.folder), backupId: backend.backupId };
}

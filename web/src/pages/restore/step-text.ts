import type { RestorePlan } from '../../../../src/restore/plan.ts';
import type { TopologyPlan } from '../../../../src/restore/plan-topology.ts';
import type { RestoreBackendStep, RestoreStep } from '../../../../src/restore/steps.ts';
import { entriesText, numberText } from '../../../../src/restore/entry-counts.ts';

/** One step in words: what is done, and what it means for those who use the server meanwhile, where it means something. */
export interface StepText {
  readonly what: string;
  readonly meaning?: string;
}

export function stepText(step: RestoreStep, plan: RestorePlan): StepText {
  switch (step.kind) {
    case 'fetch':
      return { what: 'Fetch the snapshot and check every byte of it', meaning: 'Nothing changes on any server.' };
    case 'check-backups':
      return { what: 'Have the server check each backup', meaning: 'Nothing changes yet.' };
    case 'check-exports':
      return { what: 'Read every entry of each export', meaning: 'Nothing changes yet.' };
    case 'enable-backend':
      return { what: `Enable backend ${step.backend}`, meaning: 'It is disabled now, as a restore that was cut off leaves it.' };
    case 'import-encryption-settings':
      return { what: "Add the encryption settings of the backup to the server's own" };
    case 'restore-backend':
      return replaceText(step);
    case 'prove':
      return proveText(plan);
    case 'fence':
    case 'suspend':
    case 'initialize':
    case 'initialize-all':
    case 'resume':
    case 'prove-replica':
    case 'unfence':
      return replicationText(step, plan);
  }
}

function replaceText({ backend, entriesNow, entriesInSet, from }: RestoreBackendStep): StepText {
  return {
    what: `Replace backend ${backend.id}: ${entriesText(entriesNow)} now, ${numberText(entriesInSet)} in the ${from === undefined ? 'backup' : 'export'}`,
    meaning:
      'Out of service meanwhile. From here on what it has now is gone from this server. The server is never stopped in the middle of this.',
  };
}

function proveText({ topology }: RestorePlan): StepText {
  return {
    what: 'Compare what the server has then with the backup',
    meaning:
      topology === undefined
        ? 'Success is said only when they are the same.'
        : 'Until here no other replica has changed. If they are not the same, all is rolled back.',
  };
}

type ReplicationStep = Extract<
  RestoreStep,
  { kind: 'fence' | 'suspend' | 'initialize' | 'initialize-all' | 'resume' | 'prove-replica' | 'unfence' }
>;

function replicationText(step: ReplicationStep, { topology, target }: RestorePlan): StepText {
  switch (step.kind) {
    case 'fence':
      return { what: `Have ${step.replica} refuse what clients write`, meaning: 'It can be read as before.' };
    case 'suspend':
      return {
        what: `Suspend replication of ${topology?.baseDns.join(', ') ?? 'the entries'}`,
        ...(topology?.isFenced === true ? {} : { meaning: 'What clients write from here on gets lost, or makes replicas differ.' }),
      };
    case 'initialize':
      return initializeText(step.replica, topology?.target ?? target.location, topology);
    case 'initialize-all':
      return {
        what: 'Initialise all other replicas at the same time',
        meaning: 'Their entries are replaced; all of them are out of service meanwhile. From here on there is only the way forward.',
      };
    case 'resume':
      return { what: 'Resume replication' };
    case 'prove-replica':
      return { what: `Compare every entry of ${step.replica}` };
    case 'unfence':
      return { what: `Let clients write to ${step.replica} again` };
  }
}

function initializeText(replica: string, from: string, topology: TopologyPlan | undefined): StepText {
  const now = topology?.others.find(({ name }) => name === replica)?.entriesNow;
  return {
    what: `Initialise ${replica} from ${from}`,
    meaning: `Its ${entriesText(now)} ${now === 1 ? 'is' : 'are'} replaced; it is out of service meanwhile. From the first of these on there is only the way forward.`,
  };
}

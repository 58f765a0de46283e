import { formatCount } from '../foundation/counts.ts';
import { formatDuration } from '../foundation/durations.ts';
import type { PlannedStage } from '../foundation/progress.ts';
import { formatBytes } from '../foundation/sizes.ts';
import { shortId } from '../domain/find-snapshot.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import type { EntryChanges } from '../restore/compare-with-now.ts';
import { changesText, entriesText, numberText } from '../restore/entry-counts.ts';
import type { RestorePlan } from '../restore/plan.ts';
import { keyOf, type RestoreBackendStep, type RestoreStep } from '../restore/steps.ts';
import { printable, type Look } from './look.ts';
import { formatAge, formatTime } from './snapshot-text.ts';
import type { RenderContext } from './define-command.ts';

/** The plan of a restore as an operator reads it before saying yes: what was done before has a tick. */
export function restorePlanText(plan: RestorePlan, { look, clock }: RenderContext): string {
  const { snapshot, target, source, lostSince, steps, done, warnings } = plan;
  return [
    `${look.bold('Plan')}: restore snapshot ${shortId(snapshot.id)} of ${printable(snapshot.server)}, made ${formatTime(snapshot.time)} UTC (${formatAge(snapshot.time, clock.now())} ago),`,
    `      into ${target.product} ${target.version} at ${target.location}`,
    ...(source === 'export' ? ['      from the LDIF export of its entries; its backup is not looked at'] : []),
    `      what was written since ${formatTime(lostSince)} UTC is lost`,
    ...(plan.changes ?? []).map(changesLine),
    ...(done.length > 0 ? ['      going on where an earlier run was cut off'] : []),
    ...steps.map((step, index) => `  ${index + 1}. ${stepText(step, plan)}${done.includes(keyOf(step)) ? ` ${look.green('✓')}` : ''}`),
    ...replicaLines(plan),
    ...outlookLines(plan),
    ...warnings.map((warning) => `  ${look.yellow('!')} ${printable(warning)}`),
  ].join('\n');
}

/** How the other replicas are now. */
function replicaLines({ topology }: RestorePlan): string[] {
  return (topology?.others ?? []).map(({ name, entriesNow, isReplicating, isWritable }) => {
    const state = [isReplicating ? 'replicates' : 'does not replicate', ...(isWritable ? [] : ['refuses what clients write'])];
    return `  ${printable(name)} is up, has ${entriesText(entriesNow)} and ${state.join(' and ')}.`;
  });
}

function outlookLines({ snapshot, outlook }: RestorePlan): string[] {
  const proven =
    snapshot.provenAt === undefined
      ? 'never proven by a drill or a restore'
      : `proven to come back at ${formatTime(snapshot.provenAt)} UTC`;
  if (outlook === undefined) return [`  The snapshot was ${proven}.`];
  const { lastTime, space } = outlook;
  const time =
    lastTime === undefined
      ? 'How long it takes is not known yet.'
      : `The last ${lastTime.kind}, at ${formatTime(lastTime.time)} UTC, took ${formatDuration(lastTime.milliseconds)}.`;
  return [
    `  The snapshot was ${proven}.`,
    `  ${time} It needs ${formatBytes(space.neededBytes)} in the staging folder, where ${formatBytes(space.freeBytes)} are free.`,
  ];
}

/** The steps of the plan, for whoever follows the restore. */
export function restoreStages(plan: RestorePlan): readonly PlannedStage[] {
  return plan.steps.map((step) => ({ key: keyOf(step), text: stepText(step, plan) }));
}

function stepText(step: RestoreStep, plan: RestorePlan): string {
  switch (step.kind) {
    case 'fetch':
      return 'fetch the snapshot and check every byte of it';
    case 'check-backups':
      return 'have the server check each backup';
    case 'check-exports':
      return 'read every entry of each export';
    case 'enable-backend':
      return `enable backend ${printable(step.backend)}: it is disabled, as a restore that was cut off leaves it`;
    case 'import-encryption-settings':
      return `add the encryption settings of the set to the server's own`;
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

function changesLine({ backend, baseDn, counts }: EntryChanges): string {
  const what = `        of ${printable(backend)} ${printable(baseDn)}`;
  if (counts === undefined) return `${what} nobody can tell what, as the set has no export of it`;
  return `${what}: ${changesText(counts)}`;
}

function replaceText({ backend, from, entriesNow, entriesInSet }: RestoreBackendStep): string {
  const what = from === undefined ? 'backup' : 'export';
  return `replace backend ${printable(backend.id)}: ${entriesText(entriesNow)} now, ${numberText(entriesInSet)} in the ${what}`;
}

function proveText({ topology }: RestorePlan): string {
  return `prove that the server has what the backup has${topology === undefined ? '' : '; until here no other replica is changed'}`;
}

type ReplicationStep = Extract<
  RestoreStep,
  { kind: 'fence' | 'suspend' | 'initialize' | 'initialize-all' | 'resume' | 'prove-replica' | 'unfence' }
>;

function replicationText(step: ReplicationStep, { topology }: RestorePlan): string {
  switch (step.kind) {
    case 'fence':
      return `have ${printable(step.replica)} refuse what clients write`;
    case 'suspend': {
      const danger = topology?.isFenced === true ? '' : ': what clients write from here on gets lost, or makes replicas differ';
      return `suspend replication of ${printable(topology?.baseDns.join(', ') ?? '')}${danger}`;
    }
    case 'initialize': {
      const now = topology?.others.find(({ name }) => name === step.replica)?.entriesNow;
      return `initialise ${printable(step.replica)} from it: its ${entriesText(now)} ${now === 1 ? 'is' : 'are'} replaced`;
    }
    case 'initialize-all':
      return 'initialise all others from it at the same time: their entries are replaced';
    case 'resume':
      return 'resume replication';
    case 'prove-replica':
      return `prove that ${printable(step.replica)} has the same entries`;
    case 'unfence':
      return `let clients write to ${printable(step.replica)} again`;
  }
}

/** What one comparison came to. */
export function proofLine(
  { server, backend, baseDn, by, expectedEntries, foundEntries, state, changedMeanwhile }: EntryProof,
  look: Look,
): string {
  const what = printable(`${server}: ${baseDn === '' ? backend : `${backend} ${baseDn}`}`);
  if (state === 'unknown') return `  ${look.yellow('!')} ${what}: not proven, as the set has nothing to compare with`;
  const counted = foundEntries === undefined ? '–' : formatCount(foundEntries);
  const how =
    by === 'entries'
      ? 'each as it should be'
      : foundEntries === expectedEntries
        ? 'as many as in the set; only counted, as the set has no export'
        : 'within what changed while it was backed up; only counted, as the set has no export';
  const moved =
    changedMeanwhile === undefined || changedMeanwhile === 0 ? '' : `, ${formatCount(changedMeanwhile)} of them changed meanwhile`;
  return `  ${state === 'equal' ? look.green('✓') : look.red('✗')} ${what}: ${counted} entries, ${how}${moved}`;
}

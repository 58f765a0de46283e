import { formatCount } from '../../foundation/counts.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import type { EntryProof } from '../../domain/recovery-report.ts';
import { formatDuration } from '../../foundation/durations.ts';
import type { RestorePlan, RestoreStep } from '../../restore/plan.ts';
import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { printable, type Look } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';

export const restoreCommand = defineCommand({
  name: 'restore',
  summary: 'Restore a snapshot into the directory server',
  description:
    'Shows the plan and asks; then fetches the snapshot, checks every byte, lets the server check each backup, restores the encryption ' +
    'settings and the backends, and proves the result by every entry, or by the counts where the set has no export. Until the first backend is restored nothing on the server ' +
    'is changed, save that a disabled backend is enabled. At a terminal it asks; elsewhere it needs --yes. A server that is replicated is refused.\n\n' +
    'It ends with 20 when the snapshot is damaged, or when the server says success and the entries say otherwise.',
  arguments: { id: snapshotArgument },
  options: {
    yes: { type: 'flag', summary: 'go on without asking' },
    plan: { type: 'flag', summary: 'only show the plan' },
    backend: { type: 'texts', placeholder: 'NAME', summary: 'restore only this backend; otherwise all that hold users’ entries' },
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar restore latest --plan', summary: 'what would happen' },
    { line: 'rootcellar restore 3f2a --backend userRoot --yes', summary: 'one backend, without a question' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id, yes, plan: isPlanOnly, backend, server }, context) => {
    const { config } = await context.loadConfig();
    const { archive, snapshot } = await findOne(id, server, context);
    const parts = await context.parts();
    const { restore } = await import('../../restore/restore.ts');
    return restore(
      {
        archive,
        leases: await parts.leases(),
        server: await parts.server(),
        staging: parts.staging(),
        clock: context.clock,
        serverName: config.server.name,
        snapshot,
        backends: backend,
        approve: async (plan) => {
          if (isPlanOnly) return false;
          context.show(planText(plan, context.look));
          if (!yes) await context.confirm(`restore ${shortId(snapshot.id)} into ${plan.target.location}`);
          return true;
        },
      },
      context,
    );
  },
  render: ({ plan, isDone, proofs, duration }, { look }) => {
    if (!isDone) return `${planText(plan, look)}\nNothing was changed. Run it without --plan to restore.`;
    const what = `${shortId(plan.snapshot.id)} of ${plan.snapshot.server} into ${plan.target.location} in ${formatDuration(duration)}`;
    return [`${look.green('Restored')} ${what}.`, ...proofs.map((proof) => proofLine(proof, look))].join('\n');
  },
  json: ({ plan, isDone, proofs, duration }) => ({ isDone, plan, proofs, milliseconds: duration }),
});

function planText({ snapshot, target, steps, warnings }: RestorePlan, look: Look): string {
  return [
    `${look.bold('Plan')}: restore snapshot ${shortId(snapshot.id)} of ${printable(snapshot.server)}, made ${formatTime(snapshot.time)} UTC,`,
    `      into ${target.product} ${target.version} at ${target.location}`,
    ...steps.map((step, index) => `  ${index + 1}. ${stepText(step)}`),
    ...warnings.map((warning) => `  ${look.yellow('!')} ${printable(warning)}`),
  ].join('\n');
}

function stepText(step: RestoreStep): string {
  if (step.kind === 'enable-backend')
    return `enable backend ${printable(step.backend)}: it is disabled, as a restore that was cut off leaves it`;
  if (step.kind === 'import-encryption-settings') return `add the encryption settings of the set to the server's own`;
  const count = (entries: number | undefined): string => (entries === undefined ? 'an unknown number of' : formatCount(entries));
  return `replace backend ${printable(step.backend.id)}: ${count(step.entriesNow)} entries now, ${count(step.entriesInSet)} in the set`;
}

function proofLine(proof: EntryProof, look: Look): string {
  const { backend, baseDn, by, expectedEntries: expected, foundEntries: found, state, changedMeanwhile = 0 } = proof;
  const what = printable(baseDn === '' ? backend : `${backend} ${baseDn}`);
  if (state === 'unknown') return `  ${look.yellow('!')} ${what}: not proven, as the set has no entry count`;
  const entries = `${found === undefined ? '–' : formatCount(found)} entries`;
  if (by === 'entries') {
    const meanwhile = changedMeanwhile === 0 ? '' : `, but for ${formatCount(changedMeanwhile)} that were written while it was backed up`;
    return `  ${look.green('✓')} ${what}: ${entries}, as in the set, each of them compared${meanwhile}`;
  }
  const told = found === expected ? 'as in the set' : 'within what changed while it was backed up';
  return `  ${look.green('✓')} ${what}: ${entries}, ${told} (only counted: the set has no export to compare them with)`;
}

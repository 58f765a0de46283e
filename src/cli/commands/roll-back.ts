import { formatDuration } from '../../foundation/durations.ts';
import type { RollBackPlan } from '../../restore/roll-back.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { approval, workOnServer } from '../work-on-server.ts';

export const rollBackCommand = defineCommand({
  name: 'roll-back',
  summary: 'Undo the restore of a topology that did not come to its end',
  description:
    'Where nothing was restored yet it lets replication go on. Where something was, it initialises the restored server from a replica that still has what it ' +
    'had, then lets replication go on, and compares the two. It is refused once another replica was initialised from the restored server: then ' +
    '"rootcellar restore ID --topology" goes on.',
  options: {
    from: { type: 'text', placeholder: 'REPLICA', summary: 'the replica to take the entries from; otherwise one that is as it was' },
    yes: { type: 'flag', summary: 'go on without asking' },
    plan: { type: 'flag', summary: 'only show the plan' },
  },
  examples: [
    { line: 'rootcellar roll-back --plan', summary: 'what would happen' },
    { line: 'rootcellar roll-back --yes', summary: 'back to what was before the restore' },
  ],
  exits: ['busy', 'verificationFailed', 'interrupted'],
  run: async ({ from, yes, plan: isPlanOnly }, context) => {
    const { rollBackRestore } = await import('../../restore/roll-back-restore.ts');
    const approve = approval(
      {
        isPlanOnly,
        yes,
        text: (plan: RollBackPlan) => planText(plan, context.look),
        question: ({ backupId }) => ({ what: `roll back the restore of ${backupId}` }),
      },
      context,
    );
    return rollBackRestore({ ...(await workOnServer(context)), from, approve }, context);
  },
  render: ({ plan, isDone, duration }, { look }) => {
    if (!isDone) return `${planText(plan, look)}\nNothing was changed. Run it without --plan to roll back.`;
    const state = plan.source === undefined ? 'nothing had been restored' : `${plan.target} has the entries of ${plan.source} again`;
    return `${look.green('Rolled back')} the restore of ${plan.backupId} in ${formatDuration(duration)}: ${state}, and replication goes on.`;
  },
  json: ({ plan, isDone, duration }) => ({ isDone, plan, milliseconds: duration }),
});

function planText({ backupId, target, source, baseDns, isResumed, unfenced }: RollBackPlan, look: Look): string {
  const steps = [
    ...(source === undefined ? [] : [`initialise ${printable(target)} from ${printable(source)}, which is as it was`]),
    ...(isResumed ? [`resume replication of ${printable(baseDns.join(', '))}`] : []),
    ...(source === undefined ? [] : [`prove that ${printable(target)} has the entries of ${printable(source)}`]),
    ...unfenced.map((replica) => `let clients write to ${printable(replica)} again`),
  ];
  return [
    `${look.bold('Plan')}: roll back the restore of ${backupId} into ${printable(target)}`,
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
  ].join('\n');
}

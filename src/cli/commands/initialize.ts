import { entriesText, numberText } from '../../restore/entry-counts.ts';
import { formatDuration } from '../../foundation/durations.ts';
import type { InitializePlan } from '../../restore/initialize-replica.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { approval, workOnServer } from '../work-on-server.ts';
import { proofLine } from '../restore-text.ts';

export const initializeCommand = defineCommand({
  name: 'initialize',
  summary: 'Give one broken replica the entries of another that is well',
  description:
    'While other replicas are well, this is the cure for a broken one: it needs no backup, loses no change, and touches no other replica. Shows the plan and ' +
    'asks; then has the server replace all its replicated entries by those of the other ("dsreplication initialize"), waits until it replicates again, and ' +
    'compares the two.',
  options: {
    from: { type: 'text', placeholder: 'REPLICA', summary: 'the replica to take the entries from; otherwise the first that is well' },
    yes: { type: 'flag', summary: 'go on without asking' },
    plan: { type: 'flag', summary: 'only show the plan' },
  },
  examples: [
    { line: 'rootcellar initialize --plan', summary: 'what would happen' },
    { line: 'rootcellar initialize --from ds-1.example.com:4444 --yes', summary: 'from just this replica' },
  ],
  exits: ['busy', 'verificationFailed', 'interrupted'],
  run: async ({ from, yes, plan: isPlanOnly }, context) => {
    const { initializeReplica } = await import('../../restore/initialize-replica.ts');
    const approve = approval(
      {
        isPlanOnly,
        yes,
        text: (plan: InitializePlan) => planText(plan, context.look),
        question: ({ target }) => ({ what: `replace the entries of ${target}`, typed: target }),
      },
      context,
    );
    return initializeReplica({ ...(await workOnServer(context)), from, approve }, context);
  },
  render: ({ plan, isDone, proofs, duration }, { look }) => {
    if (!isDone) return `${planText(plan, look)}\nNothing was changed. Run it without --plan to initialise the replica.`;
    const what = `${plan.target} from ${plan.source} in ${formatDuration(duration)}`;
    return [`${look.green('Initialised')} ${what}.`, ...proofs.map((proof) => proofLine(proof, look))].join('\n');
  },
  json: ({ plan, isDone, proofs, duration }) => ({ isDone, plan, proofs, milliseconds: duration }),
});

function planText({ target, source, baseDns, entriesNow, entriesOfSource }: InitializePlan, look: Look): string {
  return [
    `${look.bold('Plan')}: initialise ${printable(target)} from ${printable(source)}`,
    `  1. replace ${printable(baseDns.join(', '))} on ${printable(target)}: ${entriesText(entriesNow)} now, ${numberText(entriesOfSource)} there`,
    `  2. prove that ${printable(target)} has the same entries and replicates`,
  ].join('\n');
}

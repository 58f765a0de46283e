import { roles, type AccessPolicy } from '../../archive/access-policy.ts';
import { wrongUsage } from '../../foundation/failure.ts';
import { defineCommand } from '../define-command.ts';

export const policyCommand = defineCommand({
  name: 'policy',
  summary: 'Print the least IAM policy for one role',
  description:
    'Prints, as JSON, the least rights with which a role can do its work in the archive that is configured; nothing is changed and nothing ' +
    'is asked of the store. Give each role an account or IAM role of its own:\n\n' +
    '  writer  backup, archive, doctor: adds, and can neither remove nor hide what a snapshot needs\n' +
    '  reader  list, show, verify, fetch, restore\n' +
    '  pruner  init, forget, prune, key: the only one that removes; keep it away from the servers\n\n' +
    'None may lift a lock before its time. With --explain it says why each statement is there.',
  options: {
    role: { type: 'text', placeholder: 'ROLE', summary: 'writer, reader or pruner', isRequired: true, completes: roles },
    explain: { type: 'flag', summary: 'say why each statement is there, in place of the policy' },
  },
  examples: [
    {
      line: 'rootcellar policy --role writer > writer.json',
      summary: 'for "aws iam put-role-policy --policy-document file://writer.json"',
    },
    { line: 'rootcellar policy --role pruner --explain', summary: 'what the pruner may, and why' },
  ],
  exits: [],
  run: async ({ role, explain }, context) => {
    const known = roles.find((name) => name === role);
    if (known === undefined) {
      throw wrongUsage(`Cannot print a policy for the role "${role}": there is none of this name`, `give one of ${roles.join(', ')}`);
    }
    const policy = await (await context.parts()).accessPolicy(known);
    for (const text of policy.remarks) context.report?.({ kind: 'note', level: 'warning', text });
    return { ...policy, explain };
  },
  render: ({ policy, reasons, explain }) => (explain ? reasonsText(reasons) : JSON.stringify(policy, undefined, 2)),
  json: ({ policy, reasons, explain }) => (explain ? reasons : policy),
});

function reasonsText(reasons: AccessPolicy['reasons']): string {
  const width = Math.max(...Object.keys(reasons).map((sid) => sid.length));
  return Object.entries(reasons)
    .map(([sid, reason]) => `${sid.padEnd(width)}  ${reason}`)
    .join('\n');
}

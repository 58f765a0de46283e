import type { AuditEntry, AuditOutcome } from '../../domain/audit-entry.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { formatTime } from '../snapshot-text.ts';
import { renderTable } from '../table.ts';

const usualLimit = 50;

export const auditCommand = defineCommand({
  name: 'audit',
  summary: 'List who did what by the API of the agents, newest first',
  description:
    'Lists what was changed, asked for and read out of the directory by way of the agents of agent.group, the console included, and what was refused: from the audit ' +
    'log that they keep in the archive. Outcome: allowed (done) · begun (it goes on, or nobody saw its end) · failed · canceled · refused.\n\n' +
    'With --json it prints one array of whole entries: with the words, from which address, and what was said of it.',
  options: {
    limit: { type: 'count', placeholder: 'N', summary: `how many at most; otherwise ${usualLimit}` },
    before: { type: 'text', placeholder: 'ID', summary: 'only entries before the one of this ID, to go on where the list ended' },
  },
  examples: [
    { line: 'rootcellar audit', summary: 'what was done last' },
    { line: 'rootcellar audit --limit 1000 --json | jq \'.[] | select(.outcome == "refused")\'', summary: 'who was refused' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'interrupted'],
  run: async ({ limit = usualLimit, before }, context): Promise<readonly AuditEntry[]> => {
    const parts = await context.parts();
    // Whether there is an archive at all is told in its own words.
    await (await parts.archive()).open(context);
    const { trail } = await parts.agentRecords();
    return trail.read({ limit, before, ...(context.signal === undefined ? {} : { signal: context.signal }) });
  },
  render: (entries, { look }) => {
    if (entries.length === 0) return 'Nothing was done by way of an agent yet.';
    return renderTable(
      [
        { title: 'time (UTC)', cell: ({ time }) => formatTime(time) },
        { title: 'who', cell: ({ who }) => printable(whoText(who)) },
        { title: 'from', cell: ({ from }) => printable(from ?? '') },
        { title: 'outcome', cell: ({ outcome }) => outcomeText(outcome, look) },
        { title: 'what', cell: (entry) => printable(whatText(entry)) },
      ],
      entries,
      look,
    );
  },
});

/** The role is named where the name is not the role. */
function whoText({ name, role }: AuditEntry['who']): string {
  return role === undefined || role === name ? name : `${name} (${role})`;
}

function whatText({ action, words = [], target, outcome, detail }: AuditEntry): string {
  const line = words[0] === undefined || !action.startsWith(words[0]) ? [action, ...words] : words;
  const why = outcome === 'refused' || outcome === 'failed' ? detail : undefined;
  return [line.join(' '), target, why].filter((part) => part !== undefined).join(' · ');
}

function outcomeText(outcome: AuditOutcome, look: Look): string {
  const colours: Readonly<Record<AuditOutcome, (text: string) => string>> = {
    allowed: look.green,
    begun: (text) => text,
    refused: look.yellow,
    failed: look.red,
    canceled: look.yellow,
  };
  return colours[outcome](outcome);
}

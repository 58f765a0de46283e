import { jobs, type RunOutcome, type RunRecord } from '../../domain/run-record.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { formatDuration } from '../../foundation/durations.ts';
import { wrongUsage } from '../../foundation/failure.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { formatTime } from '../snapshot-text.ts';
import { renderTable } from '../table.ts';

const usualLimit = 20;
const readsAtOnce = 8;

export const runsCommand = defineCommand({
  name: 'runs',
  summary: 'List the runs of the agents, newest first',
  description:
    'Lists what the agents of agent.group did, from the history that they keep in the archive. Outcome: success · partial (done, but somebody should look) · ' +
    'failure · canceled · skipped (not begun, as the one before was still running). Where another attempt follows it says so.\n\n' +
    'With --json it prints one array of whole records: with the words, who asked, the document that the command printed, and the last lines of what it told.',
  options: {
    job: { type: 'text', placeholder: 'JOB', summary: `only runs of ${jobs.join(', ')}`, completes: jobs },
    limit: { type: 'count', placeholder: 'N', summary: `how many at most; otherwise ${usualLimit}` },
  },
  examples: [
    { line: 'rootcellar runs', summary: 'what was done last' },
    { line: "rootcellar runs --job backup --limit 1 --json | jq -r '.[0].outcome'", summary: 'how the last backup ended' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'interrupted'],
  run: async ({ job, limit = usualLimit }, context): Promise<readonly RunRecord[]> => {
    if (job !== undefined && !jobs.some((name) => name === job)) {
      throw wrongUsage(`Cannot list runs: "${job}" is no job`, `name one of ${jobs.join(', ')}`);
    }
    const parts = await context.parts();
    // Whether there is an archive at all is told in its own words.
    await (await parts.archive()).open(context);
    const { history } = await parts.agentRecords();
    const stored = (await history.list(context)).filter((run) => job === undefined || run.job === job).slice(0, limit);
    const records = await mapConcurrently(stored, readsAtOnce, (run, _, signal) => history.read(run, { signal }), context.signal);
    // One that was trimmed meanwhile is not there any more.
    return records.filter((record) => record !== undefined);
  },
  render: (runs, { look }) => {
    if (runs.length === 0) return 'There are no runs yet.';
    return renderTable(
      [
        { title: 'began (UTC)', cell: ({ beganAt }) => formatTime(beganAt) },
        { title: 'job', cell: ({ job }) => job },
        { title: 'outcome', cell: (run) => outcomeText(run, look) },
        { title: 'took', cell: ({ beganAt, endedAt }) => formatDuration(Date.parse(endedAt) - Date.parse(beganAt)), align: 'right' },
        { title: 'agent', cell: ({ agent }) => printable(agent) },
        { title: 'why', cell: ({ trigger, by }) => (by === undefined ? trigger : `${trigger} (${printable(by)})`) },
        { title: 'what it told', cell: ({ failure }) => printable(failure?.message ?? '') },
      ],
      runs,
      look,
    );
  },
});

function outcomeText({ outcome, attempt, isTriedAgain }: RunRecord, look: Look): string {
  const colours: Readonly<Record<RunOutcome, (text: string) => string>> = {
    success: look.green,
    partial: look.yellow,
    failure: look.red,
    canceled: look.yellow,
    skipped: look.dim,
  };
  const which = attempt > 1 || isTriedAgain ? ` (attempt ${attempt}${isTriedAgain ? ', tried again' : ''})` : '';
  return `${colours[outcome](outcome)}${which}`;
}

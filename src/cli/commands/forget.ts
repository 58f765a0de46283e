import { assertOfServer } from '../../domain/find-snapshot.ts';
import type { RetentionRule } from '../../domain/retention.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import { defineCommand } from '../define-command.ts';
import { serverOption } from '../server-option.ts';
import { countOf, snapshotTable } from '../snapshot-text.ts';

const nth = (what: string) =>
  ({ type: 'count', placeholder: 'N', summary: `keep the newest of each of the last N ${what} that have one` }) as const;

export const forgetCommand = defineCommand({
  name: 'forget',
  summary: 'Drop snapshots by a retention rule',
  description:
    'Decides for each server which snapshots to keep, and drops the others. Without --yes it only shows what it would do. The rule is ' +
    'that of the --keep-… options if any is given, otherwise that of the configuration; or name the snapshots to drop by their IDs.\n\n' +
    'Never dropped by a rule: the newest good snapshots of a server, as many as retention.minimum says, the newest that were proven, as many as retention.minimumProven says, pinned ones (see "pin"), and snapshots that are not complete, ' +
    'which do not count as kept ones either. A pinned one is not dropped by its ID either: run "unpin" first.',
  arguments: { ids: { summary: 'IDs of snapshots to drop, in place of a rule', isVariadic: true } },
  options: {
    keepLast: { type: 'count', placeholder: 'N', summary: 'keep the newest N' },
    keepHourly: nth('hours'),
    keepDaily: nth('days'),
    keepWeekly: nth('weeks'),
    keepMonthly: nth('months'),
    keepYearly: nth('years'),
    keepWithin: {
      type: 'duration',
      placeholder: 'DURATION',
      summary: 'keep all that are at most this much older than the newest one, such as 30d',
    },
    server: serverOption,
    yes: { type: 'flag', summary: 'do it; otherwise it is only shown' },
  },
  examples: [
    { line: 'rootcellar forget --keep-last 8 --keep-daily 14', summary: 'what would be dropped' },
    { line: 'rootcellar forget --keep-last 8 --keep-daily 14 --yes', summary: 'drop it' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'busy', 'interrupted'],
  run: async ({ ids, server, yes, ...keep }, context) => {
    const { config } = await context.loadConfig();
    const parts = await context.parts();
    const archive = await parts.archive();
    await archive.open(context);
    const { forget, planForget } = await import('../../history/forget.ts');
    const isGiven = Object.values(keep).some((value) => value !== undefined);
    const rule: RetentionRule = isGiven
      ? { ...keep, minimum: config.retention.minimum, minimumProven: config.retention.minimumProven }
      : config.retention;
    const decision = planForget(assertOfServer(await archive.list({ server }, context), server), { rule, ids });
    if (!yes || decision.forget.length === 0) return { ...decision, isDone: yes };
    const forgotten = await forget(archive, await parts.leases(), decision.forget, { ...context, isNamed: ids.length > 0 });
    const pinned = decision.forget.filter((snapshot) => !forgotten.includes(snapshot));
    return { keep: [...decision.keep, ...pinned.map((snapshot) => ({ snapshot, reasons: ['pinned'] }))], forget: forgotten, isDone: yes };
  },
  render: ({ keep, forget, isDone }, context) => {
    if (keep.length + forget.length === 0) return 'Nothing to forget: there are no snapshots yet.';
    if (forget.length === 0)
      return `Nothing to forget: the rule keeps ${keep.length === 1 ? 'the only snapshot' : `all ${countOf(keep.length, 'snapshot')}`}.`;
    const bytes = formatBytes(forget.reduce((sum, snapshot) => sum + snapshot.bytes, 0));
    if (isDone)
      return `${context.look.green('Forgot')} ${countOf(forget.length, 'snapshot')} (${bytes}); ${countOf(keep.length, 'snapshot')} left.`;
    const rows = keep.map(({ snapshot, reasons }) => ({ ...snapshot, reasons }));
    return [
      context.look.bold('Keep'),
      snapshotTable(rows, context, [{ title: 'why', cell: ({ reasons }) => reasons.join(', ') }]),
      '',
      context.look.bold('Forget'),
      snapshotTable(forget, context),
      '',
      `Nothing was changed. With --yes ${countOf(forget.length, 'snapshot')} (${bytes}) would be forgotten.`,
    ].join('\n');
  },
});

import { exitCodes } from '../../foundation/failure.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import type { PruneReport } from '../../history/prune.ts';
import { defineCommand, type RenderContext } from '../define-command.ts';
import { failureJson, lockFailureLines } from '../lock-text.ts';
import { countOf } from '../snapshot-text.ts';
import { refusalLines, sweepJson, sweepLines } from '../sweep-text.ts';

export const pruneCommand = defineCommand({
  name: 'prune',
  summary: 'Give back the space that no snapshot needs',
  description:
    'Removes what runs that were killed left in the archive, once it is old enough that no run can still be writing it. Without --yes it only ' +
    'shows what it would remove.\n\n' +
    'Where objectLock is set, what is removed is only hidden at first: its space is given back by a later prune, once its lock has ended. And the ' +
    'locks of what stays are extended. It ends with 3 when the store did not let something go for another reason than a lock, which stays for a later ' +
    'prune, or when locks could not be extended; and with 20 when something that is needed was hidden or written over, which it leaves as it is.',
  options: { yes: { type: 'flag', summary: 'do it; otherwise it is only shown' } },
  examples: [
    { line: 'rootcellar prune', summary: 'how much there is' },
    { line: 'rootcellar prune --yes', summary: 'remove it' },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ yes }, context) => {
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const { prune } = await import('../../history/prune.ts');
    return prune(archive, yes, context);
  },
  render: (report, context) =>
    [
      ...(report.isDone ? doneLines(report, context) : planLines(report, context)),
      ...sweepLines(report, context.look),
      ...lockFailureLines(report.lockFailure, context.look),
    ].join('\n'),
  json: ({ isDone, plan, removedBytes, refusals, locks, lockFailure, ...versions }) => ({
    isDone,
    objects: plan.objects,
    bytes: plan.bytes,
    waiting: plan.waiting,
    removedBytes,
    refusals: refusals.map(failureJson),
    ...sweepJson(versions),
    locksExtended: locks?.extended ?? null,
    lockFailure: failureJson(lockFailure),
  }),
  exitCodeOf: ({ refusals, lockFailure, sweepPlan }) => {
    if ((sweepPlan?.suspicions.length ?? 0) > 0) return exitCodes.verificationFailed;
    return refusals.length === 0 && lockFailure === undefined ? exitCodes.success : exitCodes.partial;
  },
});

function planLines({ plan, sweepPlan }: PruneReport, { look }: RenderContext): readonly string[] {
  const { objects, bytes } = plan;
  const rest = waitingText(plan);
  if (objects.length === 0) return (sweepPlan?.versions.length ?? 0) > 0 ? [] : [`Nothing to prune.${rest}`];
  return [
    ...objects.map(({ key, bytes: size }) => `  ${key}  ${look.dim(formatBytes(size))}`),
    `Nothing was changed. With --yes ${countOf(objects.length, 'object')} (${formatBytes(bytes)}) would be removed.${rest}`,
  ];
}

function doneLines({ plan, removedBytes, refusals, sweepPlan }: PruneReport, { look }: RenderContext): readonly string[] {
  const what = sweepPlan === undefined ? 'removed' : 'hidden, and given back once no lock holds them';
  return [`${look.green('Pruned')}: ${formatBytes(removedBytes)} ${what}.${waitingText(plan)}`, ...refusalLines(refusals, look)];
}

function waitingText({ waiting }: PruneReport['plan']): string {
  if (waiting === 0) return '';
  return ` ${countOf(waiting, 'leftover')} of late still ${waiting === 1 ? 'waits' : 'wait'} out the grace period.`;
}

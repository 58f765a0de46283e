import { formatBytes } from '../../foundation/sizes.ts';
import { defineCommand } from '../define-command.ts';
import { countOf } from '../snapshot-text.ts';

export const pruneCommand = defineCommand({
  name: 'prune',
  summary: 'Give back the space that no snapshot needs',
  description:
    'Removes what runs that were killed left in the archive, once it is old enough that no run can still be writing it. Without --yes it only ' +
    'shows what it would remove.',
  options: { yes: { type: 'flag', summary: 'do it; otherwise it is only shown' } },
  examples: [
    { line: 'rootcellar prune', summary: 'how much there is' },
    { line: 'rootcellar prune --yes', summary: 'remove it' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'interrupted'],
  run: async ({ yes }, context) => {
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const plan = await archive.planPrune(context);
    const removed = yes ? await archive.prune(plan, context) : 0;
    return { isDone: yes, objects: plan.objects, bytes: plan.bytes, waiting: plan.waiting, removedBytes: removed };
  },
  render: ({ isDone, objects, bytes, waiting, removedBytes }, { look }) => {
    const rest = waiting > 0 ? ` ${countOf(waiting, 'leftover')} of late still wait out the grace period.` : '';
    if (isDone) return `${look.green('Pruned')}: ${formatBytes(removedBytes)} given back.${rest}`;
    if (objects.length === 0) return `Nothing to prune.${rest}`;
    const lines = objects.map(({ key, bytes: size }) => `  ${key}  ${look.dim(formatBytes(size))}`);
    return [
      ...lines,
      `Nothing was changed. With --yes ${countOf(objects.length, 'object')} (${formatBytes(bytes)}) would be removed.${rest}`,
    ].join('\n');
  },
});

import type { PackRepair } from '../../archive/archive-repairs.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import { nothingChanged, repairOptions, repairsOf } from '../archive-repairs.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { countOf } from '../snapshot-text.ts';

export const repairPacksCommand = defineCommand({
  name: 'repair packs',
  summary: 'Save what is whole of damaged packs',
  description:
    'Reads packs, all of them unless some are named, and copies the whole blobs of damaged ones into new packs. A blob with one flipped bit is put ' +
    'right, as its checksum tells which bit it was. Then the index no longer lists the damaged packs, so a backup stores again what was lost, ' +
    'and a prune removes them after the grace period. Without --yes it only shows what it would do.',
  arguments: {
    ids: { summary: 'IDs of packs, or the beginnings of them; otherwise every byte is read', isVariadic: true, completes: 'none' },
  },
  options: repairOptions,
  examples: [
    { line: 'rootcellar repair packs', summary: 'what could be saved' },
    { line: 'rootcellar repair packs 3f2a --yes', summary: 'save what is whole of one pack' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ ids, yes }, context) => {
    const repairs = await repairsOf('repair packs', context);
    const packs = yes ? await repairs.repairPacks(ids, context) : await repairs.planPacks(ids, context);
    return { packs, isDone: yes };
  },
  render: ({ packs, isDone }, { look }) => {
    if (packs.length === 0) return `${look.green('Nothing to repair:')} the packs are whole.`;
    const lost = packs.reduce((sum, pack) => sum + pack.lost.length, 0);
    return [
      ...packs.flatMap((pack) => packLines(pack, look)),
      isDone
        ? `${look.green('Saved')} what was whole of ${countOf(packs.length, 'pack')}.`
        : nothingChanged('whole blobs would be copied into new packs, and the damaged ones no longer used'),
      ...(lost > 0
        ? [
            `${countOf(lost, 'blob')} cannot be saved. A new backup stores again those that the server still has; then "rootcellar repair snapshots" saves the rest.`,
          ]
        : []),
    ].join('\n');
  },
});

function packLines({ id, savedBlobs, healedBlobs, lost }: PackRepair, look: Look): string[] {
  const healed = healedBlobs === 0 ? '' : `, of which ${countOf(healedBlobs, 'has', 'have')} a flipped bit put right`;
  return [
    `Pack ${shortId(id)}: ${countOf(savedBlobs, 'blob')} saved${healed}; ${lost.length === 0 ? 'none' : countOf(lost.length, 'blob')} lost`,
    ...lost.map((blob) => `  ${look.red('✗')} ${blob.type} blob ${shortId(blob.id)}: ${printable(blob.finding)}`),
  ];
}

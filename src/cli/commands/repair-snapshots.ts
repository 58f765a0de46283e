import path from 'node:path';
import type { BrokenSnapshot, SnapshotRepair } from '../../archive/archive-repairs.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import { nothingChanged, repairOptions, repairsOf } from '../archive-repairs.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { countOf, formatTime } from '../snapshot-text.ts';

/** Of a set that lost more than so many files the first ones are shown. */
const mostFiles = 10;

export const repairSnapshotsCommand = defineCommand({
  name: 'repair snapshots',
  summary: 'Save what is whole of snapshots that lost files',
  description:
    'For each snapshot that lost files it makes another one of what is left. That one has the state damaged: it never counts as a backup, the ' +
    'retention rule leaves it alone, and latest is never it; a backend that is whole in it can be restored when it is named (restore --backend), ' +
    'and its files are fetched with fetch --partial. The damaged snapshot itself stays, and is shown as damaged, unless --forget is given.\n\n' +
    'Before that, heal what can be healed: "repair index" and "repair packs" bring back what is still in the archive, a new backup stores again what the ' +
    'server still has, and --from stores again what a folder still has of an old set, such as a staged or fetched one. A snapshot file with one ' +
    'flipped bit, or under a wrong name, is put right. Without --yes it only shows what it would do.',
  arguments: { ids: { summary: 'IDs of snapshots; otherwise all', isVariadic: true, completes: ['latest'] } },
  options: {
    from: {
      type: 'text',
      placeholder: 'FOLDER',
      summary: 'first store again what is missing of the files in this folder',
      completes: 'folder',
    },
    forget: { type: 'flag', summary: 'forget the damaged snapshots once what is left of them is saved' },
    recover: { type: 'flag', summary: 'also make snapshots again of whole sets that no snapshot names' },
    readData: { type: 'flag', summary: 'read every byte to know what is lost' },
    ...repairOptions,
  },
  examples: [
    { line: 'rootcellar repair snapshots', summary: 'which are damaged, and what is left of them' },
    {
      line: 'rootcellar repair snapshots --from /staging/prod/20261123100000Z --yes',
      summary: 'heal them from files that are still there',
    },
    { line: 'rootcellar repair snapshots --forget --yes', summary: 'keep only what is whole' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ ids, from, forget, recover, readData, yes }, context) => {
    const repairs = await repairsOf('repair snapshots', context);
    const request = { ids, readData, isForgetting: forget, isRecovering: recover };
    const storedAgain = from !== undefined && yes ? await repairs.storeAgain(path.resolve(from), context) : undefined;
    const repair = yes ? await repairs.repairSnapshots(request, context) : await repairs.planSnapshots(request, context);
    return { ...repair, from, storedAgain, isForgetting: forget, isRecovering: recover, isDone: yes };
  },
  render: ({ from, storedAgain, isForgetting, isRecovering, isDone, ...repair }, { look }) => {
    const end = (id: string): string => endOf(repair.pinned.includes(id), { isDone, isForgetting });
    const lines = [
      ...(from === undefined ? [] : [fromLine(from, storedAgain)]),
      ...repair.healed.map(({ id, how }) => `${look.green('Heal')} snapshot ${shortId(id)}: ${how}`),
      ...repair.broken.flatMap((one) => brokenLines(one, { isDone, end: `the damaged one ${end(one.id)}` }, look)),
      ...repair.unreadable.map(({ id, finding }) => `${look.red('✗')} ${shortId(id)} cannot be read: ${printable(finding)}; it ${end(id)}`),
      ...unnamedLines(repair, { isDone, isRecovering }),
      ...repair.outlived.map(
        ({ id, restOf }) => `${shortId(restOf)} is whole again, and its rest ${shortId(id)} is of no more use; it ${end(id)}`,
      ),
    ];
    if (lines.length === 0)
      return `${look.green('Nothing to repair:')} ${countOf(repair.checked, 'snapshot')} ${repair.checked === 1 ? 'is' : 'are'} whole.`;
    return [...lines, isDone ? `${look.green('Repaired')} what could be.` : nothingChanged('it would be done as shown')].join('\n');
  },
  json: ({ from, storedAgain, ...rest }) => ({ ...rest, from: from ?? null, storedAgain: storedAgain ?? null }),
});

function fromLine(from: string, storedAgain: number | undefined): string {
  if (storedAgain === undefined) return `With --yes what is missing of the files in ${printable(from)} is stored again first.`;
  return `Stored again from ${printable(from)}: ${countOf(storedAgain, 'piece')} that ${storedAgain === 1 ? 'was' : 'were'} missing.`;
}

function brokenLines(
  { id, server, time, lost, keptFiles, keptBytes, wholeBackends, brokenBackends, rest }: BrokenSnapshot,
  { isDone, end }: { readonly isDone: boolean; readonly end: string },
  look: Look,
): string[] {
  const more = lost.length - mostFiles;
  const backends = [
    ...(wholeBackends.length > 0 ? [`whole: ${wholeBackends.join(', ')}`] : ['no backend is whole']),
    ...(brokenBackends.length > 0 ? [`broken: ${brokenBackends.join(', ')}`] : []),
  ];
  const kept = `${countOf(keptFiles, 'file')} (${formatBytes(keptBytes)})`;
  const saved =
    rest === undefined
      ? `would be kept as a damaged snapshot`
      : `${keptFiles === 1 ? 'is' : 'are'} ${isDone ? '' : 'already '}kept as the damaged snapshot ${shortId(rest)}`;
  return [
    `${look.bold(shortId(id))} of ${printable(server)}, ${formatTime(time)} UTC, lost ${countOf(lost.length, 'file')}; ${printable(backends.join('; '))}`,
    ...lost.slice(0, mostFiles).map(({ path: name, finding }) => `  ${look.red('✗')} ${printable(`${name} ${finding}`)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `  ${keptFiles === 0 ? 'nothing of it is left' : `${kept} ${saved}`}; ${end}`,
  ];
}

function unnamedLines(
  { unnamed }: SnapshotRepair,
  { isDone, isRecovering }: { readonly isDone: boolean; readonly isRecovering: boolean },
): string[] {
  return unnamed.map(({ server, backupId, bytes, snapshot }) => {
    const what = `The whole set ${printable(`${server}/${backupId}`)} (${formatBytes(bytes)}) has no snapshot`;
    if (snapshot !== undefined) return `${what}: it is ${shortId(snapshot)} now`;
    return `${what}; ${isRecovering && !isDone ? 'it would get one' : '--recover makes one, unless it was forgotten on purpose'}`;
  });
}

/** What becomes of a snapshot that is of no use. */
function endOf(isPinned: boolean, { isDone, isForgetting }: { readonly isDone: boolean; readonly isForgetting: boolean }): string {
  if (isPinned) return 'stays, as it is pinned';
  if (!isForgetting) return 'stays (--forget removes it)';
  return isDone ? 'is forgotten' : 'would be forgotten';
}

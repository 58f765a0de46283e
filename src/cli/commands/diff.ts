import { formatCount } from '../../foundation/counts.ts';
import type { EntryChange, EntryDifference, SnapshotDifference } from '../../archive/archive.ts';
import { assertOfServer, findSnapshot, shortId } from '../../domain/find-snapshot.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { exitCodes } from '../../foundation/failure.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import type { DiffSummary } from '../../inspect/diff-summary.ts';
import { defineCommand } from '../define-command.ts';
import { snapshotArgument } from '../find-one.ts';
import { printable, type Look } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { countOf, formatTime } from '../snapshot-text.ts';

export const diffCommand = defineCommand({
  name: 'diff',
  summary: 'Show what differs between two snapshots',
  description:
    'Lists the files and folders that differ from the first snapshot to the second, and how much of their content is new or gone; told from the hashes ' +
    'in the archive: no content is read. In front of each path stands what became of it: + added · - removed · M other content · R the same content ' +
    'under a new name · T another type · U only permissions or time (with --metadata). A backup file, whose name has the ID of its backup in it, is one file ' +
    'under both names. The manifests always differ and are left out.\n\n' +
    'In the layout repository "new" counts blobs (pieces of about 512 KiB) that the first snapshot has nowhere, and it is said what they take in the ' +
    'archive; folders that are the same on both sides are not even opened. In plain it counts files. With --json it prints one document: before, after, summary, ' +
    'blobs (repository only), changes and damages. A folder that is damaged is named, and it ends with 20.',
  arguments: {
    before: snapshotArgument,
    after: { ...snapshotArgument, summary: 'the same of the other snapshot' },
  },
  options: { metadata: { type: 'flag', summary: 'also list what differs only in permissions or time' }, server: serverOption },
  examples: [
    { line: 'rootcellar diff latest~1 latest', summary: 'what the newest backup brought' },
    { line: "rootcellar diff 3f2a latest --json | jq '.summary.newBytes'", summary: 'how much came since then' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ before: first, after: second, metadata, server }, context) => {
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const all = assertOfServer(await archive.list({ server }, context), server);
    const [before, after] = [findSnapshot(all, first), findSnapshot(all, second)];
    const difference = await archive.compare(before, after, context);
    const { summarizeDifference } = await import('../../inspect/diff-summary.ts');
    const changes = difference.entries.filter(({ change }) => metadata || change !== 'facts');
    return { before, after, changes, difference, summary: summarizeDifference(after, difference) };
  },
  render: ({ before, after, changes, difference, summary }, { look }) =>
    [
      ...changes.map((one) => changeLine(one, look)),
      ...difference.damages.map(({ path, finding }) => `${look.red('✗')} ${printable(`${path} ${finding}`)}`),
      ...(changes.length + difference.damages.length > 0 ? [''] : []),
      `From ${nameOf(before)}`,
      `  to ${nameOf(after)}:`,
      ...summaryLines(summary, look),
      ...blobLines(difference, look),
    ].join('\n'),
  json: ({ before, after, changes, difference, summary }) => ({
    before: factsOf(before),
    after: factsOf(after),
    summary,
    blobs: difference.blobs,
    changes: changes.map((one) => ({
      change: one.change,
      path: (one.after ?? one.before)?.path,
      pathBefore: one.before?.path,
      type: (one.after ?? one.before)?.type,
      bytesBefore: one.before?.bytes,
      bytesAfter: one.after?.bytes,
      newBytes: one.newBytes,
      goneBytes: one.goneBytes,
    })),
    damages: difference.damages,
  }),
  exitCodeOf: ({ difference }) => (difference.damages.length > 0 ? exitCodes.verificationFailed : exitCodes.success),
});

const letters: Readonly<Record<EntryChange, string>> = { added: '+', removed: '-', content: 'M', renamed: 'R', type: 'T', facts: 'U' };

function changeLine({ change, before, after, newBytes, goneBytes }: EntryDifference, look: Look): string {
  const entry = after ?? before;
  const path = printable(`${entry?.path ?? ''}${entry?.type === 'folder' ? '/' : ''}`).replaceAll(/[\n\t]/g, '?');
  const colour = { added: look.green, removed: look.red, content: look.yellow, type: look.yellow, renamed: look.dim, facts: look.dim }[
    change
  ];
  const earlier = before !== undefined && after !== undefined && before.path !== after.path ? ` (was ${printable(before.path)})` : '';
  return `${colour(letters[change])} ${path}${earlier}${look.dim(sizeText({ change, before, after, newBytes, goneBytes }))}`;
}

function sizeText({ change, before, after, newBytes, goneBytes }: EntryDifference): string {
  if ((after ?? before)?.type !== 'file') return '';
  const [old, now] = [before, after].map((entry) => formatBytes(entry?.bytes ?? 0));
  switch (change) {
    case 'added':
      return `  ${now}, ${formatBytes(newBytes)} of it new`;
    case 'removed':
      return `  ${old}, ${formatBytes(goneBytes)} of it gone`;
    case 'content':
    case 'type':
      return `  ${old} → ${now}, ${formatBytes(newBytes)} new, ${formatBytes(goneBytes)} gone`;
    case 'renamed':
    case 'facts':
      return '';
  }
}

function nameOf({ id, server, time, bytes }: Snapshot): string {
  return `${shortId(id)} of ${printable(server)}, ${formatTime(time)} UTC, ${formatBytes(bytes)}`;
}

function summaryLines(summary: DiffSummary, look: Look): string[] {
  const { filesAdded, filesRemoved, filesChanged, filesRenamed, foldersAdded, foldersRemoved, factsChanged } = summary;
  const parts = [
    filesAdded > 0 ? `${countOf(filesAdded, 'file')} added` : '',
    filesRemoved > 0 ? `${countOf(filesRemoved, 'file')} removed` : '',
    filesChanged > 0 ? `${countOf(filesChanged, 'file')} changed` : '',
    filesRenamed > 0 ? `${countOf(filesRenamed, 'file')} renamed` : '',
    foldersAdded > 0 ? `${countOf(foldersAdded, 'folder')} added` : '',
    foldersRemoved > 0 ? `${countOf(foldersRemoved, 'folder')} removed` : '',
  ].filter(Boolean);
  const { newBytes, goneBytes, sharedBytes } = summary;
  const sizes = `${formatBytes(newBytes)} new, ${formatBytes(goneBytes)} gone, ${formatBytes(sharedBytes)} in both`;
  return [
    parts.length === 0 ? 'No file differs in content.' : `${parts.join(', ')}; ${sizes}.`,
    ...(factsChanged > 0 ? [look.dim(`${formatCount(factsChanged)} more differ only in permissions or time.`)] : []),
  ];
}

function blobLines({ blobs }: SnapshotDifference, look: Look): string[] {
  if (blobs === undefined) return [];
  const { onlyAfter, onlyBefore } = blobs;
  const [added, gone] = [onlyAfter, onlyBefore].map(
    ({ dataBlobs, treeBlobs, storedBytes }) => `${countOf(dataBlobs + treeBlobs, 'blob')} (${formatBytes(storedBytes)} stored)`,
  );
  return [look.dim(`In the archive: ${added} only in the second, ${gone} only in the first; manifests and folders included.`)];
}

function factsOf({ id, time, server, backupId, bytes }: Snapshot): Pick<Snapshot, 'id' | 'time' | 'server' | 'backupId' | 'bytes'> {
  return { id, time, server, backupId, bytes };
}

import type { SnapshotEntry } from '../../archive/archive.ts';
import { exitCodes } from '../../foundation/failure.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { printable, type Look } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { countOf, formatTime } from '../snapshot-text.ts';
import { renderTable } from '../table.ts';

export const lsCommand = defineCommand({
  name: 'ls',
  summary: 'List what lies in a snapshot',
  description:
    'Lists the folders and files of a snapshot, one path a line, a folder with a slash at its end; with paths only what is there and below. ' +
    'With --long also permissions, size and time of change, as far as the layout keeps them (plain keeps sizes). No content is read.\n\n' +
    'With --json it prints one array; each element has path, type (file, folder or other), bytes, and where they are known sha256, permissions ' +
    '(octal: 0640) and modifiedAt (RFC 3339, UTC). A folder that is damaged says so (damage in --json), the rest is listed, and it ends with 20.',
  arguments: {
    id: snapshotArgument,
    paths: { summary: 'folders or files in the snapshot; all unless told', isVariadic: true },
  },
  options: { long: { type: 'flag', summary: 'with permissions, size and time' }, server: serverOption },
  examples: [
    { line: 'rootcellar ls latest', summary: 'all that the newest snapshot holds' },
    { line: 'rootcellar ls latest userRoot --long', summary: 'one backend, with sizes' },
    { line: "rootcellar ls 3f2a --json | jq -r '.[] | select(.bytes > 1e9).path'", summary: 'the large files' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id, paths, long, server }, context) => {
    const { archive, snapshot } = await findOne(id, server, context);
    const { selectEntries } = await import('../../inspect/select-entries.ts');
    const name = `${snapshot.server}/${snapshot.backupId}`;
    return { entries: selectEntries(await archive.entries(snapshot, context), paths, name), isLong: long };
  },
  render: ({ entries, isLong }, { look }) => (isLong ? longText(entries, look) : entries.map((entry) => lineOf(entry, look)).join('\n')),
  json: ({ entries }) =>
    entries.map(({ mode, ...entry }) => ({ ...entry, permissions: mode === undefined ? undefined : mode.toString(8).padStart(4, '0') })),
  exitCodeOf: ({ entries }) => (entries.some(({ damage }) => damage !== undefined) ? exitCodes.verificationFailed : exitCodes.success),
});

function longText(entries: readonly SnapshotEntry[], look: Look): string {
  const files = entries.filter(({ type }) => type === 'file');
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const table = renderTable<SnapshotEntry>(
    [
      { title: 'mode', cell: modeText },
      { title: 'size', cell: (entry) => (entry.type === 'file' ? formatBytes(entry.bytes) : ''), align: 'right' },
      { title: 'changed (UTC)', cell: ({ modifiedAt }) => (modifiedAt === undefined ? '–' : formatTime(modifiedAt)) },
      { title: 'path', cell: (entry) => lineOf(entry, look) },
    ],
    entries,
    look,
  );
  return `${table}\n${look.dim(`${countOf(files.length, 'file')}, ${formatBytes(bytes)}`)}`;
}

/** `-rw-r-----`; `-?` where the layout does not keep it. */
function modeText({ type, mode }: SnapshotEntry): string {
  const kind = { file: '-', folder: 'd', other: '?' }[type];
  if (mode === undefined) return `${kind}?`;
  return kind + [6, 3, 0].map((shift) => [4, 2, 1].map((bit, at) => ((mode >> shift) & bit ? 'rwx'[at] : '-')).join('')).join('');
}

/** A name with a line break in it must not look like two. */
function lineOf({ path, type, damage }: SnapshotEntry, look: Look): string {
  const name = printable(`${path}${type === 'folder' ? '/' : ''}`).replaceAll(/[\n\t]/g, '?');
  return damage === undefined ? name : `${name}  ${look.red(`✗ ${printable(damage)}`)}`;
}

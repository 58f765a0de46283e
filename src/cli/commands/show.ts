import { formatCount } from '../../foundation/counts.ts';
import type { StoredReport } from '../../archive/archive.ts';
import { formatDuration } from '../../foundation/durations.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import type { Manifest } from '../../domain/manifest.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { defineCommand, type RenderContext } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatAge, formatTime, pinText, stateText } from '../snapshot-text.ts';
import { renderPairs, renderTable } from '../table.ts';

export const showCommand = defineCommand({
  name: 'show',
  summary: 'Show what one snapshot holds',
  description:
    'Shows where a snapshot came from, its pin, its backends with their entry counts, the reports of its restores and drills, and its files with size and SHA-256. Where the setting ' +
    'objectLock is on it tells until when the snapshot is locked, by what is remembered of the locks that were set; "verify" asks the store itself.',
  arguments: { id: snapshotArgument },
  options: { server: serverOption },
  examples: [
    { line: 'rootcellar show latest', summary: 'the newest' },
    { line: 'rootcellar show 3f2a --json', summary: 'with its whole manifest' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id, server }, context) => {
    const { archive, snapshot } = await findOne(id, server, context);
    const manifest = await archive.manifest(snapshot, context);
    const locks = await (await archive.objectLocks(context)).remembered([snapshot], context);
    return { snapshot, manifest, reports: await archive.reports(snapshot, context), lockedUntil: locks.get(snapshot.id)?.toISOString() };
  },
  render: ({ snapshot, manifest, reports, lockedUntil }, context) =>
    [
      factsOf({ ...snapshot, lockedUntil }, manifest, context),
      backendsOf(manifest, context),
      reportsOf(reports, context),
      filesOf(manifest, context),
    ]
      .filter(Boolean)
      .join('\n\n'),
  json: ({ snapshot, manifest, reports, lockedUntil }) => ({ ...snapshot, lockedUntil, manifest, reports }),
});

interface ShownSnapshot extends Snapshot {
  /** RFC 3339, UTC; undefined where nothing is remembered of its locks. */
  readonly lockedUntil: string | undefined;
}

function factsOf(snapshot: ShownSnapshot, { origin, program, source }: Manifest, { look, clock }: RenderContext): string {
  return renderPairs(
    [
      ['snapshot', snapshot.id],
      ['time', `${formatTime(snapshot.time)} UTC (${formatAge(snapshot.time, clock.now())} ago)`],
      ['server', printable(snapshot.server)],
      ['backup ID', snapshot.backupId],
      ['state', stateText(snapshot, look)],
      ...snapshot.remarks.map((remark) => ['', printable(remark)] as const),
      ...(snapshot.provenAt === undefined ? [] : [['proven', `${formatTime(snapshot.provenAt)} UTC`] as const]),
      ...(snapshot.pinned === undefined ? [] : [['pinned', pinText(snapshot.pinned)] as const]),
      ...(snapshot.lockedUntil === undefined
        ? []
        : [['locked', `until ${formatTime(snapshot.lockedUntil)} UTC, as remembered ("verify" asks the store)`] as const]),
      ['size', formatBytes(snapshot.bytes)],
      ['made by', `${origin} of ${printable(program)}`],
      ...(source === undefined ? [] : [['from', printable(`${source.vendorVersion} at ${source.location}`)] as const]),
    ],
    look,
  );
}

function backendsOf({ backends }: Manifest, { look }: RenderContext): string {
  if (backends.length === 0) return '';
  return renderTable(
    [
      { title: 'backend', cell: ({ id }) => printable(id) },
      { title: 'role', cell: ({ role }) => role },
      { title: 'encrypted', cell: ({ isEncrypted }) => (isEncrypted ? 'yes' : 'no') },
      { title: 'compressed', cell: ({ isCompressed }) => (isCompressed ? 'yes' : 'no') },
      {
        title: 'entries',
        cell: ({ baseDns }) =>
          printable(baseDns.map(({ dn, entries }) => `${dn}: ${entries === undefined ? 'unknown' : formatCount(entries)}`).join(' · ')),
      },
    ],
    backends,
    look,
  );
}

function reportsOf(reports: readonly StoredReport[], { look }: RenderContext): string {
  if (reports.length === 0) return '';
  return renderTable(
    [
      { title: 'came back (UTC)', cell: ({ time }) => formatTime(time) },
      { title: 'by', cell: ({ kind }) => kind },
      { title: 'outcome', cell: ({ outcome }) => (outcome === 'proven' ? look.green(outcome) : look.red(outcome)) },
      { title: 'took', cell: ({ report }) => (report === undefined ? '–' : formatDuration(report.milliseconds)), align: 'right' },
      { title: 'where', cell: ({ report, damage }) => printable(report?.target ?? `the report is damaged: ${damage}`) },
      { title: 'why not', cell: ({ report }) => printable(report?.reason ?? '') },
    ],
    reports,
    look,
  );
}

function filesOf({ files }: Manifest, { look }: RenderContext): string {
  return renderTable(
    [
      { title: 'file', cell: (file) => printable(file.path) },
      { title: 'size', cell: ({ bytes }) => formatBytes(bytes), align: 'right' },
      { title: 'SHA-256', cell: ({ sha256 }) => sha256 ?? '–' },
    ],
    files,
    look,
  );
}

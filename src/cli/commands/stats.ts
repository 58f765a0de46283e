import { formatCount } from '../../foundation/counts.ts';
import type { ArchiveMeasure, HeldBytes, SnapshotMeasure } from '../../archive/archive.ts';
import { assertOfServer, findSnapshot, shortId } from '../../domain/find-snapshot.ts';
import { exitCodes } from '../../foundation/failure.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { countOf, formatTime } from '../snapshot-text.ts';
import { renderPairs, renderTable } from '../table.ts';

interface Stats {
  readonly location: string;
  readonly layout: string;
  readonly isPart: boolean;
  readonly measure: ArchiveMeasure;
}

export const statsCommand = defineCommand({
  name: 'stats',
  summary: 'Show what snapshots take, and what each alone holds',
  description:
    'Adds up what the snapshots come to when fetched (logical), what that is with each piece counted once (unique), and what it takes in the ' +
    'archive (stored); in the layout repository the last two count folders and manifests as well. Then for each snapshot what was new when it was archived, and what it alone holds: that is given back if only it is forgotten and ' +
    'pruned. With IDs the same of these snapshots, and what they hold together that no other needs. No content is read, only the folders of all snapshots.\n\n' +
    'The layout plain stores each set as it is, so there all three are the same. With --json it prints one document. What is damaged is named and ' +
    'counts for nothing; then it ends with 20.',
  arguments: { ids: { summary: 'IDs of snapshots, or latest; all unless told', isVariadic: true, completes: ['latest', 'latest~1'] } },
  options: { server: serverOption },
  examples: [
    { line: 'rootcellar stats', summary: 'the whole archive' },
    { line: 'rootcellar stats 3f2a 77b0', summary: 'what forgetting these two would give back' },
    { line: "rootcellar stats --json | jq '.store.bytes'", summary: 'what one pays for' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ ids, server }, context): Promise<Stats> => {
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const all = assertOfServer(await archive.list({ server }, context), server);
    const wanted = ids.length === 0 ? all : [...new Set(ids.map((id) => findSnapshot(all, id)))];
    const isPart = ids.length > 0 || server !== undefined;
    return { location: archive.location, layout: archive.layout, isPart, measure: await archive.measure(wanted, context) };
  },
  render: (stats, { look }) =>
    [
      renderPairs(totalPairs(stats), look),
      ...(stats.measure.snapshots.length > 0 ? ['', snapshotRows(stats.measure.snapshots, look), '', ...legend(stats, look)] : []),
      ...stats.measure.troubles.map((trouble) => `${look.red('✗')} ${printable(trouble)}`),
    ].join('\n'),
  json: ({ location, layout, measure: { snapshots, unique, together, ...others } }) => ({
    location,
    layout,
    snapshotCount: snapshots.length,
    logicalBytes: logicalBytes(snapshots),
    uniqueBytes: unique.bytes,
    storedBytes: unique.storedBytes,
    togetherBytes: together.bytes,
    togetherStoredBytes: together.storedBytes,
    ratio: ratioOf(snapshots, unique) ?? null,
    ...others,
    snapshots: snapshots.map(({ snapshot: { id, time, server, backupId, bytes }, alone, added }) => ({
      id,
      time,
      server,
      backupId,
      logicalBytes: bytes,
      aloneBytes: alone?.bytes ?? null,
      aloneStoredBytes: alone?.storedBytes ?? null,
      addedBytes: added?.bytes ?? null,
      addedStoredBytes: added?.storedBytes ?? null,
    })),
  }),
  exitCodeOf: ({ measure }) => (measure.troubles.length > 0 ? exitCodes.verificationFailed : exitCodes.success),
});

function totalPairs({ location, layout, isPart, measure }: Stats): (readonly [string, string])[] {
  const { snapshots, unique, together, store, packs, unneededBytes } = measure;
  const times = snapshots.map(({ snapshot }) => snapshot.time).toSorted();
  const span = times.length === 0 ? '' : `, from ${formatTime(times[0] ?? '')} to ${formatTime(times.at(-1) ?? '')} UTC`;
  const ratio = ratioOf(snapshots, unique);
  const holds = packs === undefined ? '' : `, of which ${countOf(packs.packs, 'pack')} with ${countOf(packs.blobs, 'blob')}`;
  return [
    ['archive', `${location}, layout ${layout}`],
    ['snapshots', `${formatCount(snapshots.length)}${span}`],
    ['logical', `${formatBytes(logicalBytes(snapshots))} when fetched`],
    ['unique', `${formatBytes(unique.bytes)} with each piece counted once`],
    ['stored', `${formatBytes(unique.storedBytes)}${ratio === undefined ? '' : `; logical is ${ratio.toFixed(1)} times as much`}`],
    ...(isPart ? ([['together', `${formatBytes(together.storedBytes)} of that no other snapshot needs`]] as const) : []),
    ['in the store', `${formatBytes(store.bytes)} in ${countOf(store.objects, 'object')}${holds}`],
    [
      'unneeded',
      unneededBytes === 0 ? 'nothing' : `${formatBytes(unneededBytes)} that no snapshot needs; "rootcellar prune" gives it back`,
    ],
  ];
}

function snapshotRows(snapshots: readonly SnapshotMeasure[], look: Look): string {
  const stored = (held: HeldBytes | undefined): string => (held === undefined ? '–' : formatBytes(held.storedBytes));
  return renderTable<SnapshotMeasure>(
    [
      { title: 'id', cell: ({ snapshot }) => shortId(snapshot.id) },
      { title: 'time (UTC)', cell: ({ snapshot }) => formatTime(snapshot.time) },
      { title: 'server', cell: ({ snapshot }) => printable(snapshot.server) },
      { title: 'logical', cell: ({ snapshot }) => formatBytes(snapshot.bytes), align: 'right' },
      { title: 'added', cell: ({ added }) => stored(added), align: 'right' },
      { title: 'alone', cell: ({ alone }) => stored(alone), align: 'right' },
    ],
    snapshots,
    look,
  );
}

function legend({ layout }: Stats, look: Look): string[] {
  const added = layout === 'plain' ? '' : 'added: stored when it was archived, as was written down then · ';
  return [look.dim(`${added}alone: given back if only this one is forgotten and pruned`)];
}

function logicalBytes(snapshots: readonly SnapshotMeasure[]): number {
  return snapshots.reduce((sum, { snapshot }) => sum + snapshot.bytes, 0);
}

/** Undefined where there is nothing to compare. */
function ratioOf(snapshots: readonly SnapshotMeasure[], { storedBytes }: HeldBytes): number | undefined {
  return storedBytes === 0 ? undefined : Math.round((logicalBytes(snapshots) / storedBytes) * 100) / 100;
}

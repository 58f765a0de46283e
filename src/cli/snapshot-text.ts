import { formatCount } from '../foundation/counts.ts';
import type { SavedSnapshot } from '../archive/archive.ts';
import { shortId } from '../domain/find-snapshot.ts';
import type { Pin } from '../domain/pin.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { formatDuration } from '../foundation/durations.ts';
import { formatBytes } from '../foundation/sizes.ts';
import type { RenderContext } from './define-command.ts';
import { printable, type Look } from './look.ts';
import { renderTable, type Column } from './table.ts';

/** Snapshots as a table, in the order given; `more` adds columns at the end. */
export function snapshotTable<Row extends Snapshot>(
  rows: readonly Row[],
  { look, clock }: RenderContext,
  more: readonly Column<Row>[] = [],
): string {
  const now = clock.now();
  return renderTable<Row>(
    [
      { title: 'id', cell: ({ id }) => shortId(id) },
      { title: 'time (UTC)', cell: ({ time }) => formatTime(time) },
      { title: 'age', cell: ({ time }) => formatAge(time, now), align: 'right' },
      { title: 'server', cell: ({ server }) => printable(server) },
      { title: 'backends', cell: ({ backends }) => printable(backends.join(', ')) },
      { title: 'size', cell: ({ bytes }) => formatBytes(bytes), align: 'right' },
      { title: 'state', cell: (snapshot) => stateText(snapshot, look) },
      ...(rows.some(({ provenAt }) => provenAt !== undefined) ? [provenColumn] : []),
      ...(rows.some(({ pinned }) => pinned !== undefined) ? [pinnedColumn] : []),
      ...more,
    ],
    rows,
    look,
  );
}

const provenColumn: Column<Snapshot> = {
  title: 'proven (UTC)',
  cell: ({ provenAt }) => (provenAt === undefined ? '–' : formatTime(provenAt)),
};

const pinnedColumn: Column<Snapshot> = {
  title: 'pinned',
  cell: ({ pinned }) => (pinned === undefined ? '–' : pinEnd(pinned)),
};

/** `damaged`, `until 2027-01-31`, `yes`. */
function pinEnd({ until, damage }: Pin): string {
  if (damage !== undefined) return 'damaged';
  return until === undefined ? 'yes' : `until ${until.slice(0, 10)}`;
}

/** `by anna@ops-1 at 2026-11-26 14:00:00 UTC, until 2027-01-31 00:00:00 UTC: before the migration`. */
export function pinText({ at, by, reason, until, damage }: Pin): string {
  if (damage !== undefined) return `the pin is damaged: ${damage}; it holds all the same`;
  const end = until === undefined ? '' : `, until ${formatTime(until)} UTC`;
  return printable(`by ${by} at ${formatTime(at)} UTC${end}${reason === undefined ? '' : `: ${reason}`}`);
}

/** `2026-11-23 10:46:46`. */
export function formatTime(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}

/** `3 d 4 h`; `0 s` for a time that has not come yet, as clocks differ. */
export function formatAge(time: string, now: Date): string {
  const age = now.getTime() - Date.parse(time);
  return age < 1000 ? '0 s' : formatDuration(age);
}

export function stateText({ state }: Pick<Snapshot, 'state'>, look: Look): string {
  switch (state) {
    case 'complete':
      return look.green(state);
    case 'suspicious':
    case 'unlisted':
      return look.yellow(state);
    case 'damaged':
      return look.red(state);
  }
}

/** `11.1 MiB, of which 2.00 MiB are new and take 612 KiB`; where all of it is new, and as large as it is, just the size. */
export function savedText({ bytes, newBytes, storedBytes }: Pick<SavedSnapshot, 'bytes' | 'newBytes' | 'storedBytes'>): string {
  const stored = formatBytes(storedBytes);
  if (newBytes === bytes) return storedBytes < bytes ? `${formatBytes(bytes)}, all of it new, stored as ${stored}` : formatBytes(bytes);
  return `${formatBytes(bytes)}, of which ${formatBytes(newBytes)} are new, stored as ${stored}`;
}

/** `3 snapshots`, `1 snapshot`. */
export function countOf(number: number, one: string, many = `${one}s`): string {
  return `${formatCount(number)} ${number === 1 ? one : many}`;
}

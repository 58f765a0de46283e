import { cpus } from 'node:os';
import { type Work, works } from './contenders/contender.ts';
import { bytesIn } from './files.ts';
import type { SourceOf } from './make-sets.ts';
import type { Row } from './round.ts';

export interface Report {
  readonly data: 'sets' | 'ldif';
  readonly people: number;
  readonly rounds: number;
  /** Data too small for a comparison to mean anything. */
  readonly isQuick: boolean;
  readonly versions: readonly string[];
  /** Of the timed rounds. */
  readonly rows: readonly Row[];
  /** Of the round in which requests were counted. */
  readonly counted: readonly Row[];
  readonly sources: SourceOf;
  /** The machine's load averages before and after. */
  readonly load: readonly string[];
}

/** How many times as fast as the peer ours is to be at least; the aims of the archive engine. */
const goals: Partial<Record<Work, Readonly<Record<string, number>>>> = {
  first: { restic: 4, kopia: 2 },
  next: { restic: 8, kopia: 5, 'aws s3 sync': 8 },
  unchanged: { restic: 8 },
  fetch: { restic: 3, 'aws s3 sync': 1 },
  verify: { restic: 3 },
  prune: { restic: 3 },
};

const mebibyte = 1024 * 1024;
const ours = 'rootcellar';

/** The figures of one kind of data as Markdown. */
export async function renderReport(report: Report): Promise<string> {
  const { data, people, rounds, isQuick, versions, rows, counted, sources, load } = report;
  const sizes = await Promise.all(Object.values(sources).map(async (source: string) => Math.round((await bytesIn(source)) / mebibyte)));
  const names = namesIn(rows);
  const [cpu] = cpus();
  return [
    `### ${data === 'sets' ? 'Backup sets' : 'LDIF exports'} of ${people.toLocaleString('en')} people: ${sizes.join(', ')} MiB`,
    `${rounds} rounds, medians; ${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}; load average ${load.join(' → ')}; Node ${process.versions.node}; ${[...new Set(versions)].join('; ')}.`,
    'Seconds from start to end (seconds of CPU):',
    table(names, rows, (list) => `${median(list, 'seconds').toFixed(2)} (${median(list, 'cpuSeconds').toFixed(2)})`),
    ...(isQuick ? [] : ['How many times as fast as each (by CPU), and what is to be reached:', ratioTable(names, rows)]),
    'Peak resident memory, MiB:',
    table(names, rows, (list) => (median(list, 'peakBytes') / mebibyte).toFixed(0)),
    'In the bucket afterwards, MiB:',
    table(names, rows, (list) => (median(list, 'bucketBytes') / mebibyte).toFixed(1)),
    ...(counted.length === 0 ? [] : ['Requests to the store:', table(names, counted, ([row]) => requestsOf(row))]),
    'Seconds of CPU of the S3 server, which shares the machine:',
    table(names, rows, (list) => median(list, 'serverCpuSeconds').toFixed(2)),
  ].join('\n\n');
}

export interface Month {
  readonly people: number;
  readonly backups: number;
  readonly keepLast: number;
  readonly share: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
  /** Of each backup set, in their order: what a copy of the files takes. */
  readonly setBytes: readonly number[];
}

/** The figures of many backups of one server as Markdown. */
export function renderMonth({ people, backups, keepLast, share, rounds, rows, setBytes }: Month): string {
  const names = namesIn(rows);
  const copied = setBytes.reduce((sum, bytes) => sum + bytes, 0);
  const stored = names.map((name) => rows.findLast((row) => row.contender === name && row.work === 'next')?.bucketBytes ?? Number.NaN);
  const size = (bytes: number): string => (bytes / mebibyte).toFixed(0);
  return [
    `### ${backups} backups of ${people.toLocaleString('en')} people, ${share * 100} % changed before each: the first ${size(setBytes[0] ?? 0)}, the last ${size(setBytes.at(-1) ?? 0)} MiB`,
    `In the bucket; \`aws s3 sync\` of each set into a folder of its own would have put ${size(copied)} MiB there:`,
    markdown(names, [
      ['MiB', ...stored.map(size)],
      ['a part of the copies', ...stored.map((bytes) => `1/${(copied / bytes).toFixed(1)}`)],
    ]),
    `Seconds (seconds of CPU), medians; next: of ${backups - 1}; the others of ${rounds} rounds, each with the archive of all ${backups}; forget keeps ${keepLast}:`,
    table(names, rows, (list) => `${median(list, 'seconds').toFixed(2)} (${median(list, 'cpuSeconds').toFixed(2)})`),
    'Peak resident memory, MiB, the largest of all:',
    table(names, rows, (list) => size(Math.max(...list.map((row) => row.peakBytes)))),
    'In the bucket afterwards, MiB:',
    table(names, rows, (list) => size(median(list, 'bucketBytes'))),
  ].join('\n\n');
}

function namesIn(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.map((row) => row.contender))].toSorted((a, b) => Number(b === ours) - Number(a === ours));
}

function table(names: readonly string[], rows: readonly Row[], cell: (list: readonly Row[]) => string): string {
  return markdown(
    names,
    works.map((work) => [work, ...names.map((name) => filled(rows, name, work, cell))]),
  );
}

function filled(rows: readonly Row[], name: string, work: Work, cell: (list: readonly Row[]) => string): string {
  const list = of(rows, name, work);
  return list.length === 0 ? '–' : cell(list);
}

function ratioTable(names: readonly string[], rows: readonly Row[]): string {
  const peers = names.filter((name) => name !== ours);
  const cellOf = (work: Work, peer: string): string => {
    const [own, other] = [of(rows, ours, work), of(rows, peer, work)];
    if (own.length === 0 || other.length === 0) return '–';
    const ratio = (key: 'seconds' | 'cpuSeconds'): number => median(other, key) / median(own, key);
    const goal = goals[work]?.[peer.split(',')[0] ?? ''];
    const figures = `${ratio('seconds').toFixed(2)} (${ratio('cpuSeconds').toFixed(2)})`;
    if (goal === undefined) return figures;
    return `${figures}; ${goal} ${ratio('seconds') >= goal ? 'reached' : '**not reached**'}`;
  };
  return markdown(
    peers,
    works.map((work) => [work, ...peers.map((peer) => cellOf(work, peer))]),
  );
}

/** Leaves out the lines that say nothing. */
function markdown(names: readonly string[], lines: readonly (readonly string[])[]): string {
  const told = lines.filter(([, ...cells]) => cells.some((cell) => cell !== '–'));
  return [['work', ...names], ['', ...names].map(() => '---'), ...told].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function requestsOf(row: Row | undefined): string {
  const counts = new Map<string, number>();
  for (const [kind, count] of Object.entries(row?.requests ?? {})) {
    const group = requestGroups.find(([, pattern]) => pattern.test(kind))?.[0] ?? 'other';
    counts.set(group, (counts.get(group) ?? 0) + count);
  }
  const sum = [...counts.values()].reduce((total, count) => total + count, 0);
  return `${sum}: ${[...counts].map(([group, count]) => `${count} ${group}`).join(', ')}`;
}

const requestGroups: readonly (readonly [string, RegExp])[] = [
  ['multipart', /Multipart|Part/],
  ['get', /^GetObject$/],
  ['put', /^PutObject$/],
  ['list', /^ListObjects/],
  ['head', /^Head/],
  ['delete', /^DeleteObject/],
];

function of(rows: readonly Row[], name: string, work: Work): readonly Row[] {
  return rows.filter((row) => row.contender === name && row.work === work);
}

function median(rows: readonly Row[], key: 'seconds' | 'cpuSeconds' | 'peakBytes' | 'bucketBytes' | 'serverCpuSeconds'): number {
  const sorted = rows.map((row) => row[key]).toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

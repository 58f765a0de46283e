import { readFile, rm, stat } from 'node:fs/promises';
import { runProgram } from '../test/harness/run-program.ts';
import type { S3Server } from '../test/harness/s3-server.ts';
import { type Contender, type Work, works } from './contenders/contender.ts';
import { assertSame, bytesIn, linkTree } from './files.ts';
import type { SourceOf } from './make-sets.ts';
import { type Measured, measure } from './measure.ts';
import { type OpenPlace, openPlace } from './place.ts';
import { countRequests } from './requests.ts';

export interface Row extends Measured {
  readonly contender: string;
  readonly work: Work;
  /** In the bucket when the work was done. */
  readonly bucketBytes: number;
  /** What the S3 server used meanwhile: it shares the machine. */
  readonly serverCpuSeconds: number;
  /** By their kind; only where the server kept a log. */
  readonly requests?: Readonly<Record<string, number>>;
}

export interface LoggedServer {
  readonly s3: S3Server;
  /** The log of its requests, where it keeps one. */
  readonly accessLog?: string | undefined;
}

export interface RoundOptions extends LoggedServer {
  /** The folder that is archived by each of the works that archive. */
  readonly sources: SourceOf;
  /** A folder on the volume of the sources, for all that the contenders keep. */
  readonly home: string;
  readonly wanted: readonly Work[];
}

const archived: Partial<Record<Work, keyof SourceOf>> = { first: 'first', next: 'next', unchanged: 'unchanged' };

/** One contender does the works, one after another, in a bucket of its own, which is removed at the end. */
export async function runRound(contender: Contender, options: RoundOptions): Promise<readonly Row[]> {
  await using place = await openPlace(options.s3, options.home, 1);
  await measure(await contender.prepare(place), place.home);
  const rows: Row[] = [];
  for (const work of worksUpTo(options.wanted)) {
    const set = archived[work];
    if (set !== undefined) await linkTree(options.sources[set], place.source);
    const row = await doWork(contender, work, place, options);
    if (row !== undefined && options.wanted.includes(work)) rows.push(row);
  }
  return rows;
}

/** What changes the archive is done even if it is not wanted, as the later works build on it. */
function worksUpTo(wanted: readonly Work[]): readonly Work[] {
  const last = works.findLastIndex((work) => wanted.includes(work));
  return works.slice(0, last + 1).filter((work) => wanted.includes(work) || !['fetch', 'verify'].includes(work));
}

/** Measures one work; undefined where the contender has nothing like it. What was fetched is compared with the source. */
export async function doWork(
  contender: Contender,
  work: Work,
  place: OpenPlace,
  { s3, accessLog }: LoggedServer,
): Promise<Row | undefined> {
  const commands = contender.commands(work, place);
  if (commands === undefined) return undefined;
  // What the one before left to be written must not be paid by this one.
  await runProgram('sync', []);
  const logged = await sizeOf(accessLog);
  const serverBefore = await cpuSecondsOf(s3.pid);
  const measured = await measure(commands, place.home);
  const serverCpuSeconds = (await cpuSecondsOf(s3.pid)) - serverBefore;
  if (work === 'fetch') {
    await assertSame(place.source, place.fetched);
    await rm(place.fetched, { recursive: true });
  }
  const requests = accessLog === undefined ? {} : { requests: await countRequests(accessLog, logged) };
  return { contender: contender.name, work, ...measured, serverCpuSeconds, bucketBytes: await bytesIn(place.bucketFolder), ...requests };
}

async function sizeOf(file: string | undefined): Promise<number> {
  return file === undefined
    ? 0
    : stat(file).then(
        ({ size }) => size,
        () => 0,
      );
}

/** proc(5): the 14th and 15th field of stat, in ticks of a hundredth; the name before them may hold spaces. */
async function cpuSecondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

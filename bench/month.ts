// node bench/month.ts: 28 backups of one server, changed before each; what they take in the bucket, and what it costs to fetch, verify,
// forget and prune then. README.md has the flags and the figures.
import { rmSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../test/harness/test-cache.ts';
import { startVersitygw } from '../test/harness/versitygw.ts';
import { startBenchDirectory } from './bench-directory.ts';
import type { Work } from './contenders/contender.ts';
import { contenders } from './contenders/contenders.ts';
import { bytesIn, linkTree } from './files.ts';
import { installPackage } from './installed-package.ts';
import { measure } from './measure.ts';
import { openPlace } from './place.ts';
import { renderMonth } from './report.ts';
import { doWork, type Row } from './round.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    people: { type: 'string' },
    backups: { type: 'string' },
    share: { type: 'string', default: '0.01' },
    rounds: { type: 'string' },
    contenders: { type: 'string', default: 'rootcellar,restic,kopia' },
    results: { type: 'string' },
  },
});
const people = Number(values.people ?? (values.quick ? 2000 : 640_000));
const backups = Number(values.backups ?? (values.quick ? 4 : 28));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const keepLast = Math.ceil(backups / 4);

await mkdir(cacheFolder(), { recursive: true });
const home = await mkdtemp(path.join(cacheFolder(), '.bench-month-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
const taking = await contenders(await installPackage(home), values.contenders.split(','));
await using s3 = await startVersitygw();
await using stack = new AsyncDisposableStack();
const places = new Map<string, Awaited<ReturnType<typeof openPlace>>>();
for (const contender of taking) {
  const place = stack.use(await openPlace(s3, home, keepLast));
  places.set(contender.name, place);
  await measure(await contender.prepare(place), place.home);
}

const rows: Row[] = [];
const setBytes = await archiveMonth();
await useMonth();
console.log(renderMonth({ people, backups, keepLast, share: Number(values.share), rounds, rows, setBytes }));

/** Each set is archived by everyone, then removed: there is never more than one. Returns their sizes. */
async function archiveMonth(): Promise<readonly number[]> {
  await using directory = await startBenchDirectory({ people });
  const sizes: number[] = [];
  while (sizes.length < backups) {
    if (sizes.length > 0) await directory.change(Number(values.share));
    const set = await directory.backUp();
    sizes.push(await bytesIn(set));
    for (const [name, place] of places) {
      await linkTree(set, place.source);
      await work(name, sizes.length === 1 ? 'first' : 'next');
    }
    await rm(set, { recursive: true });
  }
  return sizes;
}

/** Each round begins with the archive as the month left it. */
async function useMonth(): Promise<void> {
  const recall = new Map<string, () => Promise<void>>();
  for (const [name, place] of places) recall.set(name, await place.remember());
  for (let round = 0; round < rounds; round += 1) {
    for (const name of places.keys()) {
      await recall.get(name)?.();
      for (const next of ['again', 'fetch', 'verify', 'forget', 'prune'] as const) await work(name, next);
    }
  }
}

async function work(name: string, what: Work): Promise<void> {
  const [contender, place] = [taking.find((one) => one.name === name), places.get(name)];
  if (contender === undefined || place === undefined) throw new Error(`there is no contender "${name}"`);
  const row = await doWork(contender, what, place, { s3 });
  if (row === undefined) return;
  rows.push(row);
  process.stderr.write(
    `${name}: ${what} ${row.seconds.toFixed(2)} s (${row.cpuSeconds.toFixed(2)}), ${Math.round(row.bucketBytes / 1e6)} MB\n`,
  );
  if (values.results !== undefined) await appendFile(values.results, `${JSON.stringify(row)}\n`);
}

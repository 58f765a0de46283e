// node bench/repository.ts [--quick]: ours beside its peers, on the same data and the same S3 server; README.md has the flags and the figures.
import { rmSync } from 'node:fs';
import { appendFile, mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startVersitygw } from '../test/harness/versitygw.ts';
import { runProgram } from '../test/harness/run-program.ts';
import { contenders } from './contenders/contenders.ts';
import { type Contender, type Work, works } from './contenders/contender.ts';
import { installPackage } from './installed-package.ts';
import { defaultSetsFolder, ensureSets, type SourceOf } from './make-sets.ts';
import { renderReport } from './report.ts';
import { type Row, runRound } from './round.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    people: { type: 'string' },
    sets: { type: 'string' },
    data: { type: 'string', default: 'sets,ldif' },
    rounds: { type: 'string' },
    contenders: { type: 'string' },
    works: { type: 'string', default: works.join(',') },
    checkout: { type: 'boolean', default: false },
    requests: { type: 'boolean', default: true },
    results: { type: 'string' },
  },
  allowNegative: true,
});
const people = Number(values.people ?? (values.quick ? 2000 : 640_000));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const folder = path.resolve(values.sets ?? defaultSetsFolder(people));
const wanted = values.works.split(',').map(knownWork);

const made = await ensureSets(folder, people);
// Beside the sets, and not in the temporary folder: they are linked, not copied.
const home = await mkdtemp(path.join(folder, '.run-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
const ours = values.checkout ? path.join(import.meta.dirname, '..') : await installPackage(home);
const taking = await contenders(ours, values.contenders?.split(','));
const versions = await Promise.all(taking.map((contender) => contender.version()));

for (const data of values.data.split(',').map(knownData)) {
  const sources = made[data];
  await readOnce(sources);
  const before = await loadAverage();
  const rows = await timedRounds(data, sources);
  const counted = values.requests ? await countedRound(data, sources) : [];
  console.log(
    await renderReport({
      data,
      people,
      rounds,
      isQuick: values.quick,
      versions,
      rows,
      counted,
      sources,
      load: [before, await loadAverage()],
    }),
  );
}

/** In turns, each round beginning with another one, so that no contender always has the same place. */
async function timedRounds(data: string, sources: SourceOf): Promise<readonly Row[]> {
  await using s3 = await startVersitygw();
  const rows: Row[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const begin = round % taking.length;
    for (const contender of [...taking.slice(begin), ...taking.slice(0, begin)]) {
      rows.push(...(await noted(data, `round ${round + 1}`, contender, () => runRound(contender, { s3, sources, home, wanted }))));
    }
  }
  return rows;
}

/** The server's log costs it time: requests are counted in a round of their own. */
async function countedRound(data: string, sources: SourceOf): Promise<readonly Row[]> {
  const accessLog = path.join(home, 'access.log');
  await using s3 = await startVersitygw({ arguments: ['--access-log', accessLog] });
  const rows: Row[] = [];
  for (const contender of taking) {
    rows.push(...(await noted(data, 'requests', contender, () => runRound(contender, { s3, accessLog, sources, home, wanted }))));
  }
  return rows;
}

async function noted(data: string, round: string, contender: Contender, run: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
  process.stderr.write(`${data}, ${round}: ${contender.name} …`);
  const rows = await run();
  process.stderr.write(` ${rows.map((row) => `${row.work} ${row.seconds.toFixed(2)} (${row.cpuSeconds.toFixed(2)})`).join(', ')}\n`);
  if (values.results !== undefined) {
    await appendFile(values.results, rows.map((row) => `${JSON.stringify({ data, round, ...row })}\n`).join(''));
  }
  return rows;
}

/** So that the first contender finds the files in memory as all the others do. */
async function readOnce(sources: SourceOf): Promise<void> {
  for (const source of Object.values(sources)) await runProgram('sh', ['-c', 'find "$0" -type f -exec cat {} + > /dev/null', source]);
}

async function loadAverage(): Promise<string> {
  return (await readFile('/proc/loadavg', 'utf8')).split(' ').slice(0, 3).join(' ');
}

function knownWork(name: string): Work {
  const known = works.find((work) => work === name);
  if (known === undefined) throw new Error(`there is no work "${name}": name some of ${works.join(', ')}`);
  return known;
}

function knownData(name: string): 'sets' | 'ldif' {
  if (name !== 'sets' && name !== 'ldif') throw new Error(`there is no data "${name}": name sets or ldif`);
  return name;
}

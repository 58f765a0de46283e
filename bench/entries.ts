// The entries of the time machine beside its peers: two exports compared, the history of an entry, entries brought back.
//   node bench/entries.ts [PEOPLE] [SNAPSHOTS]     200,000 people and 28 snapshots unless told; ours is the built package
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runProgram } from '../test/harness/run-program.ts';
import { cacheFolder } from '../test/harness/test-cache.ts';
import { startVersitygw } from '../test/harness/versitygw.ts';
import { awsEnvironment, type Command } from './contenders/contender.ts';
import { environmentOf } from './contenders/rootcellar.ts';
import type { InProcessFigures, InProcessOptions } from './entries/in-process.ts';
import { fateOf, numbersUpTo, personDn } from './entries/made-entries.ts';
import { bringBack } from './entries/bring-back.ts';
import { diffPeers } from './entries/peers.ts';
import { stageMoment } from './entries/stage-moment.ts';
import { installPackage } from './installed-package.ts';
import { type Measured, measure } from './measure.ts';
import { type OpenPlace, openPlace } from './place.ts';

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, 'no-peers': { type: 'boolean', default: false }, only: { type: 'string' } },
  allowPositionals: true,
});
const people = Number(positionals[0] ?? 200_000);
const snapshots = Number(positionals[1] ?? 28);
const rounds = Number(values.rounds);

const home = await mkdtemp(path.join(cacheFolder(), '.bench-entries-'));
try {
  await using s3 = await startVersitygw({ buckets: [] });
  await using place = await openPlace(s3, home, 1);
  const launcher = path.join(await installPackage(home), 'bin/rootcellar.mjs');
  console.log(`${people} people, ${snapshots} snapshots; ${process.version}\n`);
  if (values.only !== 'back') await compare(place, launcher);
  if (values.only !== 'diff') await tellBroughtBack(place, launcher);
} finally {
  await rm(home, { recursive: true, force: true });
}

async function compare(place: OpenPlace, launcher: string): Promise<void> {
  const set = path.join(home, 'set');
  const ldif = [path.join(home, 'before.ldif'), path.join(home, 'after.ldif')] as const;
  const ours = (...words: readonly string[]): Command => ({
    program: process.execPath,
    words: [launcher, ...words, '--quiet'],
    environment: environmentOf(place),
  });
  await mkdir(place.home, { recursive: true });
  await writeFile(path.join(place.home, 'password'), 'bench', { mode: 0o600 });
  await measure([ours('init')], place.home);
  let [first, again]: (Measured | undefined)[] = [];
  for (let turn = 0; turn < snapshots; turn += 1) {
    const exported = await stageMoment(set, { people, turn });
    const archived = await measure([ours('archive', set)], place.home);
    if (turn === 0) first = archived;
    else again = archived;
    const kept = ldif[turn - (snapshots - 2)];
    if (kept !== undefined) await rename(exported, kept);
  }
  await rm(set, { recursive: true });
  tell('archived: the first', first);
  tell('archived: the last, 1 % changed', again);
  console.log('\n| compared | seconds | CPU | peak memory, MiB | change records |\n| --- | ---: | ---: | ---: | ---: |');
  const peers = values['no-peers'] ? [] : await diffPeers(...ldif, home);
  for (const { name, command, output } of peers) await told(name, [command], place, output);
  const changes = path.join(home, 'ours.ldif');
  await told('`entry diff`, a summary', [ours('entry', 'diff', 'latest~1', 'latest')], place);
  const written = ['entry', 'diff', 'latest~1', 'latest', '--format', 'ldif', '--output', changes];
  await told('`entry diff --format ldif`', [{ program: 'rm', words: ['-f', changes], isTimed: false }, ours(...written)], place, changes);
  console.log('\n| one entry | seconds | CPU | peak memory, MiB |\n| --- | ---: | ---: | ---: |');
  const dn = personDn(mostChanged(), 0);
  await told(`\`entry history\` over ${snapshots} snapshots`, [ours('entry', 'history', dn)], place);
  await told('`entry show`', [ours('entry', 'show', dn)], place);
  await told(
    'every entry of one snapshot read: `entry find --text`',
    [ours('entry', 'find', '--text', 'nowhere at all', '--from', 'latest')],
    place,
  );
  await tellInProcess(place, dn);
}

async function tellInProcess(place: OpenPlace, dn: string): Promise<void> {
  const { endpoint, region, bucket } = place;
  const options: InProcessOptions = {
    endpoint,
    region,
    bucket,
    prefix: 'archive',
    password: 'bench',
    cacheFolder: path.join(place.home, 'in-process-cache'),
    historyOf: dn,
    rounds: 5,
  };
  const program = path.join(import.meta.dirname, 'entries/in-process.ts');
  const output = await runProgram(process.execPath, [program, JSON.stringify(options)], {
    environment: { ...process.env, ...awsEnvironment(place) },
  });
  const figures = JSON.parse(output.trim().split('\n').at(-1) ?? '') as InProcessFigures;
  console.log('\n| in a process that runs | seconds |\n| --- | ---: |');
  for (const [name, value] of Object.entries(figures)) console.log(`| ${name} | ${value.toFixed(3)} |`);
}

async function tellBroughtBack(place: OpenPlace, launcher: string): Promise<void> {
  await writeFile(path.join(place.home, 'password'), 'bench', { mode: 0o600 });
  const ours = (own: Readonly<Record<string, string>>, ...words: readonly string[]): Command => ({
    program: process.execPath,
    words: [launcher, ...words],
    environment: { ...environmentOf(place), ...own },
  });
  const { entries, seconds, applySeconds, peakBytes } = await bringBack(place, { people, entries: Math.min(1000, people / 4) }, ours);
  console.log(
    `\n${entries} deleted entries of a live OpenDJ brought back: the whole command ${seconds.toFixed(2)} s, ${(entries / seconds).toFixed(0)} a second, ${(peakBytes / 2 ** 20).toFixed(0)} MiB;`,
  );
  console.log(`undo file, changes and proof alone ${applySeconds.toFixed(2)} s, ${(entries / applySeconds).toFixed(0)} a second`);
}

/** The person whom most turns changed, and who is still there. */
function mostChanged(): number {
  const moment = { people, turn: snapshots - 1 };
  let [best, most] = [0, 0];
  for (let number = 0; number < numbersUpTo(moment) && most < 4; number += 1) {
    if (number >= people || !fateOf(number, moment).isThere || fateOf(number, moment).renamedAt > 0) continue;
    const changes = Array.from({ length: snapshots }, (_, turn) => fateOf(number, { people, turn }).now).filter(
      (now) => now !== undefined,
    ).length;
    if (changes > most) [best, most] = [number, changes];
  }
  return best;
}

async function told(name: string, commands: readonly Command[], place: OpenPlace, changes?: string): Promise<void> {
  const all: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await measure(commands, place.home));
  const middle = all.toSorted((a, b) => a.seconds - b.seconds)[rounds >> 1];
  const records = changes === undefined ? '' : (await runProgram('grep', ['-c', '^changetype:', changes])).trim();
  if (middle === undefined) return;
  const { seconds, cpuSeconds, peakBytes } = middle;
  console.log(`| ${name} | ${seconds.toFixed(2)} | ${cpuSeconds.toFixed(2)} | ${(peakBytes / 2 ** 20).toFixed(0)} | ${records} |`);
}

function tell(name: string, measured: Measured | undefined): void {
  if (measured !== undefined) console.log(`${name}: ${measured.seconds.toFixed(2)} s, ${(measured.peakBytes / 2 ** 20).toFixed(0)} MiB`);
}

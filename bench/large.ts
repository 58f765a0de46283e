// node bench/large.ts [--gigabytes 20]: time and memory of ours with one file of 20 GB and more; README.md has the flags and the figures.
import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { startVersitygw } from '../test/harness/versitygw.ts';
import type { Work } from './contenders/contender.ts';
import { rootcellarAt } from './contenders/rootcellar.ts';
import { bytesIn, largestFile } from './files.ts';
import { installPackage } from './installed-package.ts';
import { defaultSetsFolder, ensureSets } from './make-sets.ts';
import { measure } from './measure.ts';
import { openPlace } from './place.ts';
import { writeVeiledCopies } from './veiled-copies.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '640000' },
    sets: { type: 'string' },
    gigabytes: { type: 'string', default: '20' },
  },
});
const people = Number(values.people);
const wantedBytes = Number(values.gigabytes) * 1e9;
const folder = path.resolve(values.sets ?? defaultSetsFolder(people));
const { sets } = await ensureSets(folder, people);
const [first, next] = [await largestFile(sets.first), await largestFile(sets.next)];

const { bavail, bsize } = await statfs(folder);
// The archive takes less than half of the data; the data and what is fetched of it are never there together.
if (bavail * bsize < 1.8 * wantedBytes) throw new Error(`${folder} has less than ${Math.round((1.8 * wantedBytes) / 1e9)} GB free`);

const home = await mkdtemp(path.join(folder, '.large-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
const ours = rootcellarAt(await installPackage(home));
await using s3 = await startVersitygw();
await using place = await openPlace(s3, home, 1);
await measure(await ours.prepare(place), place.home);

const name = 'backup-userRoot';
await mkdir(place.source);
const copies = Math.ceil(wantedBytes / (await stat(first)).size);
if (copies > 256) throw new Error(`${people} people make too small a database: a veil is one byte, so there are 256 of them`);
await writeVeiledCopies(first, path.join(place.source, name), { from: 0, to: copies });
const gigabytes = ((await bytesIn(place.source)) / 1e9).toFixed(1);
console.log(
  `One file of ${gigabytes} GB: ${copies} databases of ${people.toLocaleString('en')} people, no two with a chunk in common; Node ${process.versions.node}\n`,
);
console.log('| work | seconds | CPU | peak resident memory, MiB | in the bucket, GB |\n| --- | --- | --- | --- | --- |');
await tell('first');
await writeVeiledCopies(next, path.join(place.source, name), {
  from: copies - 1,
  to: copies,
  offset: (copies - 1) * (await stat(first)).size,
});
await tell('next');
await tell('again');
const archived = await hashOf(path.join(place.source, name));
await rm(place.source, { recursive: true });
await tell('fetch');
if ((await hashOf(path.join(place.fetched, name))) !== archived) throw new Error('what was fetched is not what was archived');
await rm(place.fetched, { recursive: true });
await tell('verify');
await tell('forget');
await tell('prune');

async function tell(work: Work): Promise<void> {
  const { seconds, cpuSeconds, peakBytes } = await measure(ours.commands(work, place) ?? [], place.home);
  const stored = (await bytesIn(place.bucketFolder)) / 1e9;
  console.log(
    `| ${work} | ${seconds.toFixed(1)} | ${cpuSeconds.toFixed(1)} | ${(peakBytes / 1024 ** 2).toFixed(0)} | ${stored.toFixed(2)} |`,
  );
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

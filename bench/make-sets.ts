// node bench/make-sets.ts [FOLDER] [PEOPLE]: the data of the benchmark, made by a real OpenDJ; see README.md.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from '../test/harness/test-cache.ts';
import { type BenchDirectory, startBenchDirectory } from './bench-directory.ts';

const changedShare = 0.01;

/** Three moments of one server, each a folder. */
export interface SourceOf {
  readonly first: string;
  /** After 1 % of the entries were changed. */
  readonly next: string;
  /** Taken once more, nothing changed since `next`: other file names and dates, the same database. */
  readonly unchanged: string;
}

export interface Sets {
  /** Backup sets as the staging folder holds them: a folder per backend, `config.ldif`; neither compressed nor encrypted by the server. */
  readonly sets: SourceOf;
  /** Exports of the same moments, one LDIF file each. */
  readonly ldif: SourceOf;
}

/** Where the sets lie unless told otherwise: outside the checkout, beside the parts of the tests. */
export function defaultSetsFolder(people: number): string {
  return path.join(cacheFolder(), `bench-sets-${people}`);
}

/** Returns the sets of a directory with so many people, made first when the folder has them not. */
export async function ensureSets(folder: string, people: number): Promise<Sets> {
  const made = { sets: sourcesIn(path.join(folder, 'sets')), ldif: sourcesIn(path.join(folder, 'ldif')) };
  const recipe = JSON.stringify({ people, changedShare, version: 2 });
  const mark = path.join(folder, 'made');
  if ((await readFile(mark, 'utf8').catch(() => '')) === recipe) return made;
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  if (names.length > 0 && !names.includes('made')) throw new Error(`${folder} holds something else: name an empty folder`);
  await writeFile(mark, 'not finished');
  for (const kind of ['sets', 'ldif']) {
    await rm(path.join(folder, kind), { recursive: true, force: true });
    await mkdir(path.join(folder, kind));
  }
  await using directory = await startBenchDirectory({ people });
  for (const moment of ['first', 'next', 'unchanged'] as const) {
    if (moment === 'next') await directory.change(changedShare);
    await takeSet(directory, made.sets[moment], made.ldif[moment]);
  }
  await writeFile(mark, recipe);
  return made;
}

function sourcesIn(folder: string): SourceOf {
  return { first: path.join(folder, 'first'), next: path.join(folder, 'next'), unchanged: path.join(folder, 'unchanged') };
}

async function takeSet(directory: BenchDirectory, set: string, ldif: string): Promise<void> {
  await rename(await directory.backUp(), set);
  await mkdir(ldif);
  await directory.exportLdif(path.join(ldif, 'userRoot.ldif'));
}

if (import.meta.main) {
  const [, , folder, people = '640000'] = process.argv;
  console.log(await ensureSets(path.resolve(folder ?? defaultSetsFolder(Number(people))), Number(people)));
}

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { buildWeb, ensureWeb, webFolder } from '../tools/ensure-web.ts';
import { isOfSources, noteSources } from '../web/build/source-digest.ts';
import { temporaryFolder } from './harness/temporary-folder.ts';

/** Of all that the console is, as a browser gets it. */
const mostBytes = 150_000;

/** The files that a browser may ask for, by their paths, with their bytes. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name))] as const)));
}

test(`the whole console is less than ${mostBytes / 1000} kB, as it is sent`, async (t) => {
  await ensureWeb();
  const files = await filesIn(webFolder);
  const asked = [...files.keys()].filter((name) => !/\.(br|gz)$/.test(name) && !name.startsWith('.'));
  const sent = asked.map((name) => ({
    name,
    bytes: (files.get(`${name}.br`) ?? files.get(name))?.length ?? 0,
    plain: files.get(name)?.length ?? 0,
  }));
  const all = sent.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes, plain } of sent.toSorted((a, b) => b.bytes - a.bytes)) t.diagnostic(`${bytes} bytes (${plain} plain) ${name}`);
  t.diagnostic(`${all} bytes in all`);
  assert.ok(asked.includes('index.html') && asked.some((name) => name.endsWith('.js')) && asked.some((name) => name.endsWith('.css')));
  assert.ok(all < mostBytes, `the console is ${all} bytes`);
});

test('index.html has no script and no style in itself, and names nothing elsewhere', async () => {
  await ensureWeb();
  const html = await readFile(path.join(webFolder, 'index.html'), 'utf8');
  assert.match(html, /<script type="module" crossorigin src="\/assets\/[\w-]+\.js"><\/script>/);
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?:|\/\//);
});

test('buildWeb() makes the same bytes each time, in whichever folder', async () => {
  await using home = await temporaryFolder('web');
  const [first, second] = [path.join(home.path, 'one/web'), path.join(home.path, 'another')];
  for (const folder of [first, second]) assert.equal(await buildWeb(folder), true);
  const [built, again] = [await filesIn(first), await filesIn(second)];
  assert.ok(built.size > 5);
  assert.deepEqual(again, built);
});

test('isOfSources() sees any change of what a build is of, and none of its tests', async () => {
  await using home = await temporaryFolder('web-sources');
  const at = (...names: string[]): string => path.join(home.path, ...names);
  for (const name of ['web/src', 'src', 'built']) await mkdir(at(name), { recursive: true });
  for (const name of ['package-lock.json', 'web/src/main.tsx', 'web/src/a.test.ts', 'src/sizes.ts']) await writeFile(at(name), name);
  assert.equal(await isOfSources(at('built'), at('web')), false);
  const note = (): Promise<void> => noteSources(at('built'), at('web'), ['../src/sizes.ts']);

  for (const [name, isStill] of [
    ['web/src/a.test.ts', true],
    ['src/not-in-it.ts', true],
    ['web/src/main.tsx', false],
    ['web/src/new.ts', false],
    ['src/sizes.ts', false],
    ['package-lock.json', false],
  ] as const) {
    await note();
    assert.equal(await isOfSources(at('built'), at('web')), true);
    await writeFile(at(name), 'changed');
    assert.equal(await isOfSources(at('built'), at('web')), isStill, name);
  }
  await rm(at('src/sizes.ts'));
  assert.equal(await isOfSources(at('built'), at('web')), false);
});

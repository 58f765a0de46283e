import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeSet } from '../harness/example-set.ts';
import type { InteropPlace, InteropPlaces } from '../harness/interop-places.ts';
import { realClock as clock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { assertResticAgrees, fetchAll, type Files, filesBelow } from '../harness/restic-witness.ts';
import type { Restic } from '../harness/restic.ts';
import { runProgram } from '../harness/run-program.ts';
import { verifyObjects } from '../../src/verify/verify-objects.ts';

const shared = randomBytes(150_000);

/** A repository that restic alone wrote to. */
interface Written {
  readonly place: InteropPlace;
  readonly password: string;
  /** What was backed up, oldest first. */
  readonly sources: readonly Files[];
}

type Writer = (places: InteropPlaces, name: string) => Promise<Written>;

const texts = ['one line\n', 'another line\n', 'a third line\n'];

/** Backs up, one after the other, two or so folders that have most in common; the newest is the last of them. */
async function backUp(
  restic: Restic,
  places: InteropPlaces,
  name: string,
  { options = [], count = 2 }: { readonly options?: readonly string[]; readonly count?: number } = {},
): Promise<readonly Files[]> {
  await restic('init');
  const sources: Files[] = [];
  for (const text of texts.slice(0, count)) {
    const source = path.join(places.folder, name, 'source');
    await makeSet(source, '20261123100000Z', {
      'userRoot/backup.info': text,
      'userRoot/data': Buffer.concat([shared, Buffer.from(text.repeat(9000))]),
      empty: '',
    });
    await restic('backup', '--host', 'prod', '--time', `2026-11-23 10:0${sources.length}:00`, ...options, source);
    sources.push(await filesBelow(source));
  }
  return sources;
}

const compressed =
  (compression: string): Writer =>
  async (places, name) => {
    const place = await places.at(name);
    return {
      place,
      password: 'test',
      sources: await backUp(await place.restic(), places, name, { options: ['--compression', compression] }),
    };
  };

/** What restic 0.14 of Debian left; nothing else of it can be had where the tests run. */
const fixture =
  (fixtureName: string): Writer =>
  async (places, name) => {
    const place = await places.at(name);
    const folder = path.join(places.folder, name);
    await mkdir(folder, { recursive: true });
    await runProgram('tar', ['-C', folder, '-xzf', path.resolve(import.meta.dirname, '../fixtures/repositories', `${fixtureName}.tar.gz`)]);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      await place.store.put(path.relative(folder, file).split(path.sep).join('/'), await readFile(file));
    }
    return { place, password: 'test', sources: [] };
  };

const writers: Readonly<Record<string, Writer>> = {
  'with compression off': compressed('off'),
  'with compression auto': compressed('auto'),
  'with compression max': compressed('max'),
  'by one of several keys': async (places, name) => {
    const place = await places.at(name);
    const restic = await place.restic();
    const sources = await backUp(restic, places, name);
    for (const password of ['second', 'third']) {
      const file = path.join(places.folder, name, password);
      await writeFile(file, `${password}\n`);
      await restic('key', 'add', '--new-password-file', file);
    }
    return { place, password: 'third', sources };
  },
  'and pruned itself': async (places, name) => {
    const place = await places.at(name);
    const restic = await place.restic();
    const sources = await backUp(restic, places, name, { count: 3 });
    await restic('forget', '--keep-last', '2', '--prune', '--max-unused', '0');
    return { place, password: 'test', sources: sources.slice(1) };
  },
  'and copied itself': async (places, name) => {
    const [from, to] = [await places.at(`${name}-from`), await places.at(name)];
    const sources = await backUp(await from.restic(), places, name);
    const restic = await to.restic('second', { RESTIC_FROM_PASSWORD: 'test' });
    await restic('init');
    await restic('copy', '--from-repo', from.repository);
    return { place: to, password: 'second', sources };
  },
  'as version 0.14, in repository version 1': fixture('restic-0.14-v1'),
  'as version 0.14, in repository version 2': fixture('restic-0.14-v2'),
};

/** The one file of the fixtures that is more than a few bytes. */
const fixtureFile = { path: 'src/userRoot/backup-userRoot-x', sha256: 'fa0bee9cbe2ad22a1abd861a7f0f309c4a8ee2e0c021d95634cc325daa71a55e' };

/** What restic wrote we list, verify, fetch, add to, forget and prune, and restic is content. */
export function describeOursAfterRestic(name: string, open: () => Promise<InteropPlaces>): void {
  suite(`ours after restic, in ${name}`, { concurrency: 2 }, () => {
    let places: InteropPlaces;
    before(async () => {
      places = await open();
    });
    after(() => places[Symbol.asyncDispose]());

    for (const [number, [how, write]] of Object.entries(writers).entries()) {
      test(`lists, verifies, fetches, forgets and prunes what restic wrote ${how}`, async () => {
        const { place, password, sources } = await write(places, `by-restic-${number}`);
        const archive = repositoryArchive(place.store, { clock, password });

        const listed = (await archive.list()).toReversed();
        const damages = (await Promise.all(listed.map((snapshot) => archive.verify(snapshot, true)))).flat();
        const objects = await verifyObjects(archive, damages, true);

        assert.deepEqual([damages, objects], [[], []]);
        assert.deepEqual(
          listed.map(({ server, state }) => [server, state]),
          Array.from({ length: sources.length || 1 }, () => ['prod', 'complete']),
        );
        const fetched = await Promise.all((sources.length === 0 ? [] : listed).map((snapshot) => fetchAll(archive, snapshot)));
        assert.deepEqual(fetched.map(contents), sources.map(contents));
        if (sources.length === 0) await assertFixture(archive, listed[0]);
        const staged = path.join(places.folder, `by-restic-${number}-staged`);
        const ours = await archive.save(
          staged,
          await makeSet(staged, '20261124100000Z', { 'userRoot/data': Buffer.concat([shared, Buffer.from('ours')]) }),
        );
        const gone = listed.length === 1 ? listed : listed.slice(0, -1);
        await archive.forget(gone);
        const agrees = async (): Promise<void> => {
          const expected = new Map([[ours.id, await filesBelow(staged)]]);
          for (const [at, { id }] of listed.entries()) if (!gone.some((one) => one.id === id)) expected.set(id, fetched[at] ?? {});
          await assertResticAgrees(await place.restic(password), repositoryArchive(place.store, { clock, password }), expected);
        };
        assert.equal(await archive.prune(await archive.planPrune()), 0);
        await (
          await place.restic(password)
        )('check', '--read-data');
        assert.ok((await archive.prune(await archive.planPrune())) > 0);
        await agrees();
      });
    }
  });
}

/** Their names differ by the folders that lead to what was backed up; their order does not. */
function contents(files: Files): readonly string[] {
  return Object.values(files);
}

async function assertFixture(
  archive: ReturnType<typeof repositoryArchive>,
  snapshot: Parameters<typeof archive.manifest>[0] | undefined,
): Promise<void> {
  assert.ok(snapshot);
  const file = (await archive.manifest(snapshot)).files.find((one) => one.path === fixtureFile.path);
  assert.ok(file);
  const content = Buffer.concat(await Array.fromAsync(archive.read(snapshot, file)));
  assert.equal(createHash('sha256').update(content).digest('hex'), fixtureFile.sha256);
}

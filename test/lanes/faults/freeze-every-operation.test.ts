import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { StoredLeases } from '../../../src/archive/lease.ts';
import { isAlive, thisProcess } from '../../../src/archive/lease-holder.ts';
import { archiveFolder } from '../../../src/backup/archive-folder.ts';
import type { Clock } from '../../../src/foundation/clock.ts';
import { realClock } from '../../harness/real-clock.ts';
import { areAllWanted, pointsOf, runUntil, tryAll } from './every-operation/points.ts';
import { type PointPlace, type PointScene, startPointScene } from './every-operation/point-scene.ts';

const anHour = 3_600_000;
const aDay = 24 * anHour;
const everyCheck = 6;

/** What others do while a run is frozen. */
type Meanwhile = (place: PointPlace, scene: PointScene) => Promise<void>;

const prune = (place: PointPlace, grace = 0): Promise<number> =>
  place.elsewhere(async (archive) => archive.prune(await archive.planPrune()), grace);

const forgetOldest = (place: PointPlace): Promise<void> =>
  place.elsewhere(async (archive) => archive.forget((await archive.list()).slice(-1)));

/** As the next run does it, in which by then another backup ID is due. */
const archiveToo: Meanwhile = async (place, { folder }) => {
  await place.ageLeases();
  const later: Clock = { ...realClock, now: () => new Date(Date.now() + anHour) };
  await place.elsewhere(async (archive, store) => {
    const leases = new StoredLeases(store, { clock: realClock, seconds: 120, holder: thisProcess('archive'), isAlive });
    await archiveFolder({ archive, leases, clock: later, program: 'rootcellar test', folder, serverName: 'prod' });
  });
};

const leaseLost = 'Cannot go on: the lease could not be kept: another process took it';
const beganLongAgo = 'Cannot finish the snapshot: its lock was lost, and it began so long ago that what it builds on may be about to go';
const lockLost = 'Cannot go on: the lock on the repository was lost: it was not refreshed in time and another process removed it';

interface Way {
  readonly name: string;
  readonly words: (folder: string) => readonly string[];
  readonly meanwhile: Meanwhile;
  /** How the frozen run may end that does not do its work; all with exit code 11. */
  readonly refusals: readonly string[];
  /**
   * Whether it may find that what it built on, or wrote, is gone before it thinks of its age: the store dates by the whole second, and all of it may happen in one;
   * exit code 1.
   */
  readonly mayMissContent?: boolean;
  /** It is to forget all snapshots but the newest one that it sees. */
  readonly isForget?: boolean;
  /** Which third of its points is tried unless all are wanted. */
  readonly turn: 0 | 1 | 2;
}

const archive = (folder: string): readonly string[] => ['archive', folder, '--json'];

const ways: readonly Way[] = [
  {
    name: 'archive frozen at any request, while the same server is archived and pruned, makes a whole snapshot or none',
    words: archive,
    meanwhile: async (place, scene) => {
      await archiveToo(place, scene);
      await prune(place);
    },
    refusals: [leaseLost, beganLongAgo],
    mayMissContent: true,
    turn: 0,
  },
  {
    name: 'archive frozen at any request, while what it builds on is forgotten and removed, makes a whole snapshot or none',
    words: archive,
    meanwhile: async (place) => {
      await forgetOldest(place);
      await prune(place);
      await prune(place);
    },
    refusals: [beganLongAgo],
    mayMissContent: true,
    turn: 1,
  },
  {
    name: 'archive frozen at any request, while what it builds on is forgotten and marked, makes a whole snapshot',
    words: (folder) => [...archive(folder), '--prune-grace', '1d'],
    meanwhile: async (place) => {
      await forgetOldest(place);
      await prune(place, aDay);
    },
    refusals: [],
    turn: 2,
  },
  {
    name: 'prune frozen at any request, while others prune, archive and forget, loses nothing',
    words: () => ['prune', '--yes', '--json'],
    meanwhile: async (place, scene) => {
      await prune(place);
      await archiveToo(place, scene);
      await forgetOldest(place);
      await prune(place);
    },
    refusals: [lockLost],
    turn: 1,
  },
  {
    name: 'forget frozen at any request, while the same server is archived and pruned, forgets no more than it was to',
    words: () => ['forget', '--keep-last', '1', '--yes', '--json'],
    meanwhile: async (place, scene) => {
      await archiveToo(place, scene);
      await prune(place);
    },
    refusals: [leaseLost],
    isForget: true,
    turn: 0,
  },
];

suite('a run that is frozen at any request', () => {
  let scene: PointScene;
  before(async () => {
    scene = await startPointScene();
  });
  after(() => scene[Symbol.asyncDispose]());

  for (const { name, words: wordsFor, meanwhile, refusals, mayMissContent = false, isForget = false, turn } of ways) {
    test(name, async (context) => {
      const words = wordsFor(scene.folder);
      const points = await pointsOf(scene, words);
      const cases = points.filter((_, index) => areAllWanted || index % 3 === turn).map((point) => ({ point }));
      assert.ok(cases.length > 5);
      const outcomes = new Map<string, number>();

      await tryAll(scene, cases, async (place, { point }, index) => {
        const { running, release } = await runUntil(place, words, { at: point.at, what: 'request', isLate: false });
        running.kill('SIGSTOP');
        const own = (await place.listed()).filter((id) => !scene.snapshots.includes(id));
        await place.ageLocks();
        await meanwhile(place, scene);
        const between = await place.listed();
        await release();
        running.kill('SIGCONT');
        const { exitCode, stdout, stderr } = await running.ended;

        const said = exitCode === 0 ? 'done' : messageIn(stderr);
        outcomes.set(said, (outcomes.get(said) ?? 0) + 1);
        const isMissing =
          mayMissContent &&
          exitCode === 1 &&
          /^Cannot finish the snapshot: its lock was lost, and now \S+ (cannot be read|needs)/.test(said);
        assert.ok(
          exitCode === 0 || isMissing || (exitCode === 11 && refusals.includes(said)),
          `it ended with ${exitCode}: ${stdout}\n${stderr}`,
        );
        const made = exitCode === 0 && words[0] === 'archive' ? [(JSON.parse(stdout) as { readonly id: string }).id] : [];
        const now = await place.listed();
        // A snapshot that it made, and then says that it did not, must be gone.
        const unmade = without(own, made);
        assert.deepEqual(without(unmade, without(unmade, now)), [], 'not gone');
        assert.deepEqual(without(now, [...between, ...made]), [], 'made and not told');
        const mayGo = isForget ? between.slice(1) : unmade;
        assert.deepEqual(without([...between, ...made], [...now, ...mayGo]), [], 'lost');
        if (isForget && exitCode === 0) assert.deepEqual(without(scene.snapshots.slice(1), now), scene.snapshots.slice(1), 'not forgotten');
        await place.assertTidyAndWhole();
        if (index % everyCheck === 0) await place.checkByRestic();
      });
      assert.ok(outcomes.has('done'));
      context.diagnostic(`frozen at ${cases.length} requests: ${[...outcomes].map(([said, times]) => `${times} × ${said}`).join('; ')}`);
    });
  }
});

function without(ids: readonly string[], others: readonly string[]): readonly string[] {
  return ids.filter((id) => !others.includes(id));
}

/** Of the last line of JSON that it wrote. */
function messageIn(stderr: string): string {
  return String((JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { readonly message?: string }).message);
}

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { areAllWanted, assertSuccess, type Point, pointsOf, runUntil, tryAll } from './every-operation/points.ts';
import { type PointScene, startPointScene } from './every-operation/point-scene.ts';

/**
 * What becomes of the request in which a run dies. `lost`: the store never sees it. `late`: it comes to the store when the next run has ended. `done`: the store had
 * done it. What the next run finds in the store is the same after one that was lost as after one that came late; and to read changes nothing.
 */
function fatesOf({ isWrite }: Point): readonly ('lost' | 'late' | 'done')[] {
  if (!areAllWanted) return isWrite ? ['late', 'done'] : [];
  return isWrite ? ['lost', 'late', 'done'] : ['lost', 'done'];
}

const everyCheck = 6;

suite('a run that is killed at any request', () => {
  let scene: PointScene;
  before(async () => {
    scene = await startPointScene();
  });
  after(() => scene[Symbol.asyncDispose]());

  const commands: readonly (readonly [string, (folder: string) => readonly string[], adds: 0 | 1, keeps?: 1])[] = [
    ['archive', (folder) => ['archive', folder], 1],
    ['prune', () => ['prune', '--yes'], 0],
    ['forget', () => ['forget', '--keep-last', '1', '--yes'], 0, 1],
  ];

  for (const [name, wordsFor, adds, keeps] of commands) {
    test(`${name} killed at any request and run again at once succeeds, loses nothing and leaves nothing`, async (context) => {
      const words = wordsFor(scene.folder);
      const cases = (await pointsOf(scene, words)).flatMap((point) => fatesOf(point).map((fate) => ({ point, fate })));
      const good = scene.snapshots.slice(0, keeps);
      assert.ok(cases.length > 16);

      await tryAll(scene, cases, async (place, { point, fate }, index) => {
        const what = fate === 'done' ? 'answer' : 'request';
        const { running, release } = await runUntil(place, words, { at: point.at, what, isLate: fate === 'late' });
        running.kill('SIGKILL');
        assert.equal((await running.ended).endedBy, 'SIGKILL');
        place.proxy.reset();

        const again = await place.spawn(words).ended;
        assertSuccess(again);
        assert.doesNotMatch(again.stderr, /waiting/);
        await release();

        const now = await place.listed();
        assert.deepEqual(now.slice(-good.length), good);
        // The run that was killed may have made its snapshot.
        const added = now.length - good.length;
        assert.ok(added === adds || (adds > 0 && added === adds + 1), `${added} snapshots more`);
        await place.assertTidyAndWhole();
        if (index % everyCheck === 0) await place.checkByRestic();
      });
      const requests = new Set(cases.map(({ point }) => point.at)).size;
      context.diagnostic(`${name}: killed at ${requests} requests, ${cases.length} points`);
    });
  }
});

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import {
  assertReplicating,
  replicaName,
  setTopologyScene,
  spoil,
  type TopologyOperator,
  type TopologyScene,
  untilJournal,
} from '../../e2e/topology-scene.ts';

const isThorough = process.env['ROOTCELLAR_TEST_POINTS'] === 'all';
const restore = ['restore', 'latest', '--topology', '--yes'];

/** A step of the restore, as the journal knows it; SECOND stands for the name of the other replica. */
interface Point {
  readonly step: string;
  /** Whether the way back is still open there. */
  readonly canGoBack: boolean;
  readonly isQuick?: boolean;
}

const points: readonly Point[] = [
  { step: 'fetch', canGoBack: true },
  { step: 'check-backups', canGoBack: true },
  { step: 'fence SECOND', canGoBack: true },
  { step: 'suspend', canGoBack: true, isQuick: true },
  { step: 'restore userRoot', canGoBack: true, isQuick: true },
  { step: 'prove', canGoBack: true },
  { step: 'initialize SECOND', canGoBack: false, isQuick: true },
  { step: 'resume', canGoBack: false, isQuick: true },
  { step: 'prove SECOND', canGoBack: false },
  { step: 'unfence SECOND', canGoBack: false },
];

suite('a restore of a topology that is killed', { timeout: 1_800_000 }, () => {
  let scene: TopologyScene;
  let operator: TopologyOperator;
  let second: string;
  let good: readonly string[];
  before(async () => {
    scene = await setTopologyScene(2);
    operator = await scene.operator('kills');
    second = replicaName(scene.servers[1] ?? assert.fail('no second server'));
    good = await scene.states();
    await operator.run(['backup']);
  });
  after(() => scene[Symbol.asyncDispose]());

  const keyOf = ({ step }: Point): string => step.replace('SECOND', second);

  for (const point of points.filter(({ isQuick }) => isThorough || isQuick === true)) {
    test(`at "${point.step}": run again it goes on, and all come back proven`, async () => {
      await spoilAll(scene);
      await killedAt(operator, keyOf(point));

      await operator.run(restore);

      await assertEnded(scene, operator, good);
    });
  }

  for (const point of points.filter(({ isQuick, canGoBack }) => canGoBack && (isThorough || isQuick === true))) {
    test(`at "${point.step}": rolled back, all are as before`, async () => {
      await spoilAll(scene);
      const before = await scene.states();
      await killedAt(operator, keyOf(point));
      assert.equal((await scene.states())[1], before[1]);

      await operator.run(['roll-back', '--yes']);

      await assertEnded(scene, operator, before);
    });
  }

  test('a roll-back that is killed goes on when it is run again', async () => {
    await spoilAll(scene);
    const before = await scene.states();
    await killedAt(operator, 'restore userRoot');
    const back = operator.spawn(['roll-back', '--yes']);
    await untilJournal(back, operator, (steps) => steps.some(({ key }) => key.startsWith('back: initialise ')), 'the way back');
    back.kill('SIGKILL');
    await back.ended;
    const { stderr } = await operator.run(restore, 1);
    assert.match(stderr, /Cannot restore \d{14}Z: the roll-back of a restore of \d{14}Z into ds-0, begun at \S+, has not come to its end/);

    await operator.run(['roll-back', '--yes']);

    await assertEnded(scene, operator, before);
  });

  test('told to stop in the middle it ends with 130, says what is open, and goes on when it is run again', async () => {
    await spoilAll(scene);
    const running = operator.spawn(restore);
    await untilJournal(running, operator, (steps) => steps.some(({ key }) => key === 'restore userRoot'), 'the restore task');
    running.kill('SIGTERM');

    const { exitCode, stderr } = await running.ended;

    assert.equal(exitCode, 130, stderr);
    assert.match(
      stderr,
      /was interrupted.*; replication may be suspended\n {2}→ run "rootcellar restore \d{14}Z --topology" again to go on, or "rootcellar roll-back" to undo it/,
    );
    await operator.run(restore);
    await assertEnded(scene, operator, good);
  });

  test('after another replica was initialised there is no way back, and the sentence says the way on', async () => {
    await spoilAll(scene);
    await killedAt(operator, 'resume');

    const { stderr } = await operator.run(['roll-back', '--yes'], 1);

    assert.match(stderr, /Cannot roll back the restore of \d{14}Z into ds-0: \S+ was initialised from the restored server already/);
    assert.match(stderr, /run "rootcellar restore \d{14}Z --topology" again: it goes on where it was/);
    const backup = await operator.run(['backup'], 1);
    assert.match(backup.stderr, /Cannot back up server "ds-0": a restore of \d{14}Z into ds-0, begun at \S+, has not come to its end/);
    await operator.run(restore);
    await assertEnded(scene, operator, good);
  });
});

async function spoilAll({ topology, servers }: TopologyScene): Promise<void> {
  await spoil(servers[1] ?? assert.fail('no second server'));
  await topology.waitUntilReplicated();
}

/** Kills the run as soon as its journal says that the step has begun. */
async function killedAt(operator: TopologyOperator, key: string): Promise<void> {
  const running = operator.spawn(restore);
  await untilJournal(running, operator, (steps) => steps.some((step) => step.key === key), key);
  running.kill('SIGKILL');
  assert.equal((await running.ended).endedBy, 'SIGKILL');
}

/** All hold what is expected, take writes, replicate, and nothing is left. */
async function assertEnded(scene: TopologyScene, operator: TopologyOperator, expected: readonly string[]): Promise<void> {
  assert.deepEqual(await scene.states(), expected);
  await assertReplicating(scene);
  assert.deepEqual(
    (await readdir(operator.staging)).filter((name) => name.startsWith('.')),
    [],
  );
}

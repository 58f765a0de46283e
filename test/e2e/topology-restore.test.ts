import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { assertReplicating, replicaName, setTopologyScene, spoil, type TopologyOperator, type TopologyScene } from './topology-scene.ts';

suite('three servers that replicate', { timeout: 1_200_000 }, () => {
  let scene: TopologyScene;
  let operator: TopologyOperator;
  let good: readonly string[];
  before(async () => {
    scene = await setTopologyScene(3);
    operator = await scene.operator('three');
    good = await scene.states();
    await operator.run(['backup']);
  });
  after(() => scene[Symbol.asyncDispose]());

  test('a restore into one of them alone is refused with the cure that fits, and changes none', async () => {
    const states = await scene.states();
    const [, second] = scene.servers;
    assert.ok(second);

    const { stderr } = await operator.run(['restore', 'latest', '--yes'], 1);

    assert.match(stderr, /Cannot restore into ldaps:\S+ alone: it replicates dc=example,dc=com with other servers/);
    assert.match(
      stderr,
      /"rootcellar initialize --from localhost:\d+"; to bring all replicas to the state of the snapshot, add --topology/,
    );
    assert.deepEqual(await scene.states(), states);
  });

  test('all of them come back from a damaged state, each proven, and replicate again', async () => {
    const [first, second, third] = scene.servers;
    assert.ok(first && second && third);
    await spoil(second);
    await scene.topology.waitUntilReplicated();
    assert.notDeepEqual(await scene.states(), good);

    const { stdout } = await operator.run(['restore', 'latest', '--topology', '--all-at-once', '--yes', '--json']);

    const { proofs, isDone } = JSON.parse(stdout) as { isDone: boolean; proofs: { server: string; state: string; by: string }[] };
    assert.equal(isDone, true);
    assert.equal(proofs[0]?.server, replicaName(first));
    assert.deepEqual(
      proofs.map(({ server, state }) => `${server} ${state}`).toSorted(),
      scene.servers.map((server) => `${replicaName(server)} equal`).toSorted(),
    );
    assert.deepEqual(await scene.states(), good);
    await assertReplicating(scene);
    assert.deepEqual(
      (await readdir(operator.staging)).filter((name) => name.startsWith('.')),
      [],
    );
  });
});

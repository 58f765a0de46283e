import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  assertReplicating,
  replicaName,
  setTopologyScene,
  spoil,
  type TopologyOperator,
  type TopologyScene,
  untilJournal,
} from './topology-scene.ts';

suite('a restore of a topology from the export', { timeout: 1_200_000 }, () => {
  let scene: TopologyScene;
  let operator: TopologyOperator;
  let good: readonly string[];
  before(async () => {
    scene = await setTopologyScene(2);
    operator = await scene.operator('from-export');
    good = await scene.states();
    await operator.run(['backup']);
  });
  after(() => scene[Symbol.asyncDispose]());

  const restore = ['restore', 'latest', '--topology', '--from-export', '--yes'];
  const spoilAll = async (): Promise<void> => {
    const [first] = scene.servers;
    assert.ok(first);
    await spoil(first);
    await scene.topology.waitUntilReplicated();
    assert.notDeepEqual(await scene.states(), good);
  };

  test('killed while it imports it goes on, behind its fences, and all come back proven and replicate', async () => {
    await spoilAll();
    const running = operator.spawn(restore);
    await untilJournal(running, operator, (steps) => steps.some(({ key }) => key === 'restore userRoot'), 'restore userRoot');
    running.kill('SIGKILL');
    await running.ended;
    const other = await operator.run(['restore', 'latest', '--topology', '--yes'], 1);

    const { stdout } = await operator.run([...restore, '--json']);

    assert.match(
      other.stderr,
      /has not come to its end.*\n {2}→ run "rootcellar restore \d{14}Z --topology --from-export", which goes on where it was, or/,
    );
    const { proofs } = JSON.parse(stdout) as { proofs: { server: string; state: string; by: string }[] };
    assert.deepEqual(
      proofs.map(({ server, state, by }) => [server, state, by]),
      scene.servers.map((server) => [replicaName(server), 'equal', 'entries']),
    );
    assert.deepEqual(await scene.states(), good);
    await assertReplicating(scene);
  });
});

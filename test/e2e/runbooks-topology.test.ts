import { after, before, suite, test } from 'node:test';
import { followRunbook, statesOfRunbooks } from './run-runbook.ts';
import { topologyStates } from './runbook-topology-states.ts';
import { setTopologyScene, type TopologyScene } from './topology-scene.ts';

const all = await statesOfRunbooks();

suite('the commands of the runbooks about replicas put right what they are about', () => {
  let scene: TopologyScene;
  before(async () => {
    scene = await setTopologyScene(2);
  });
  after(() => scene[Symbol.asyncDispose]());

  for (const one of all) {
    const make = topologyStates[one.state];
    if (make === undefined) continue;
    test(`${one.section.page} ${one.section.title}, in the state ${one.state}`, () =>
      followRunbook(one, () => make(scene), scene.servers[0]?.folder ?? ''));
  }
});

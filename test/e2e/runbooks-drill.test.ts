import { after, before, suite, test } from 'node:test';
import { type DrillScene, setDrillScene } from './drill-scene.ts';
import { followRunbook, statesOfRunbooks } from './run-runbook.ts';
import { drillStates } from './runbook-drill-states.ts';

const all = await statesOfRunbooks();

suite('the commands of the runbooks about drills put right what they are about', () => {
  let scene: DrillScene;
  before(async () => {
    scene = await setDrillScene();
  });
  after(() => scene[Symbol.asyncDispose]());

  for (const one of all) {
    const make = drillStates[one.state];
    if (make === undefined) continue;
    test(`${one.section.page} ${one.section.title}, in the state ${one.state}`, () => followRunbook(one, () => make(scene), scene.folder));
  }
});

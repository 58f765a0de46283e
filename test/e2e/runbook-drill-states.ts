import { smallVolume } from '../harness/small-volume.ts';
import type { DrillScene } from './drill-scene.ts';
import { newPath, type RunbookState } from './runbook-states.ts';

/** States of a drill of the scene's one snapshot. */
type MakeDrillState = (scene: DrillScene) => Promise<RunbookState>;

const fails = ['drill'];

export const drillStates: Readonly<Record<string, MakeDrillState>> = {
  'no-installation': async ({ folder, environment, installation }) => {
    const ROOTCELLAR_DRILL_INSTALLATION = newPath({ home: folder }, 'absent');
    return { env: { ...environment, ROOTCELLAR_DRILL_INSTALLATION, RIGHT_INSTALLATION: installation }, fails };
  },
  'drill-folder-not-writable': async ({ environment, drills }) => {
    const volume = await smallVolume(1024);
    const ROOTCELLAR_DRILL_FOLDER = await volume.readOnlyView();
    return {
      env: { ...environment, ROOTCELLAR_DRILL_FOLDER, OTHER_FOLDER: drills },
      fails,
      end: async () => volume[Symbol.asyncDispose](),
    };
  },
};

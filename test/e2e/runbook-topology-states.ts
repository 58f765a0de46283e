import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunbookState } from './runbook-states.ts';
import { spoil, type TopologyOperator, type TopologyScene } from './topology-scene.ts';

/** States of two replicas; each has an archive of its own, with one snapshot. What they leave is replicated and the same on both. */
type MakeTopologyState = (scene: TopologyScene) => Promise<RunbookState>;

let serial = 0;
const restore = ['restore', 'latest', '--topology', '--yes'];

async function backedUp(scene: TopologyScene): Promise<TopologyOperator> {
  const operator = await scene.operator(`runbook-${(serial += 1)}`);
  await operator.run(['backup']);
  return operator;
}

export const topologyStates: Readonly<Record<string, MakeTopologyState>> = {
  replicated: async (scene) => {
    const { environment: env } = await backedUp(scene);
    const [first] = scene.servers;
    assert.ok(first);
    await spoil(first);
    await scene.topology.waitUntilReplicated();
    return { env, fails: ['restore', 'latest', '--yes'] };
  },
  'replica-down': async (scene) => {
    const { environment: env } = await backedUp(scene);
    const second = scene.servers[1];
    assert.ok(second);
    await second.stop();
    const start = async (): Promise<void> => {
      await second.restart();
      await scene.topology.waitUntilReplicated();
    };
    return { env, fails: restore, after: start };
  },
  'no-replication-admin': async (scene) => {
    const { ROOTCELLAR_REPLICATION_ADMIN_PASSWORD_FILE: RIGHT_PASSWORD_FILE = '', ...env } = (await backedUp(scene)).environment;
    return { env: { ...env, RIGHT_PASSWORD_FILE }, fails: restore };
  },
  'wrong-replication-admin': async (scene) => {
    const { environment, staging } = await backedUp(scene);
    const { ROOTCELLAR_REPLICATION_ADMIN_PASSWORD_FILE: RIGHT_PASSWORD_FILE = '' } = environment;
    const file = path.join(path.dirname(staging), 'wrong-password');
    await writeFile(file, 'wrong');
    return { env: { ...environment, ROOTCELLAR_REPLICATION_ADMIN_PASSWORD_FILE: file, RIGHT_PASSWORD_FILE }, fails: restore };
  },
  'unfinished-restore': async (scene) => {
    const operator = await backedUp(scene);
    const running = operator.spawn([...restore, '--json']);
    await running.prints(/"begin".*"suspend replication"/);
    running.kill('SIGKILL');
    await running.ended;
    return { env: operator.environment, fails: ['backup'] };
  },
};

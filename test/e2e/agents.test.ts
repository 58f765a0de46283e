import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import type { AgentStatus } from '../../src/agent/agent-view.ts';
import { killAgents, type RunningAgent, runsOf, startAgents, stopAgents, until } from './agents-scene.ts';
import { type BadDays, assertNoSecretSeen, startBadDays } from './bad-days.ts';
import { atStore, type Stop } from './ended-runs.ts';

suite('three agents of a group', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  before(async () => {
    days = await startBadDays();
  });
  after(async () => {
    try {
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  const start = async (t: TestContext, ...words: ParametersAfterFirst<typeof startAgents>): Promise<readonly RunningAgent[]> => {
    const agents = await startAgents(days, ...words);
    t.after(() => killAgents(agents));
    return agents;
  };

  const logs = (agents: readonly RunningAgent[]) => (): string =>
    agents.map(({ name, running }) => `${name}:\n${running.stderr()}`).join('\n');

  test('make one backup, tell all of it, and end at once when nothing runs', async (t) => {
    const operator = await days.operator('one');
    const agents = await start(t, operator, 3);
    const [agent] = agents as readonly [RunningAgent];
    await until(async () => (await runsOf(agent)).length > 0, logs(agents));
    const [run] = await runsOf(agent);
    assert.deepEqual([run?.outcome, run?.trigger, run?.attempt], ['success', 'catch-up', 1], JSON.stringify(run));
    assert.deepEqual(
      (await operator.list()).map(({ id }) => id),
      [(run?.result as { readonly id: string } | undefined)?.id],
    );
    for (const each of agents) {
      assert.equal(await each.status('/readyz'), 200);
      assert.equal((await runsOf(each)).length, 1);
    }
    await stopAgents(agents);
    for (const { running } of agents) assert.equal((await running.ended).exitCode, 0);
    await operator.verified();
    assert.equal((await operator.list()).length, 1);
  });

  test('go on with the backup of one that is killed in the middle, within seconds', async (t) => {
    const operator = await days.operator('killed');
    const stop = atStore(days, 'PUT', /data\//, 'request');
    const agents = await start(t, operator, 3);
    const victim = await leaderAt(stop, agents);
    const killedAt = Date.now();
    victim.running.kill('SIGKILL');
    // Its backup hears of that before it hears of the store.
    await victim.running.ended;
    await stop.release();
    const others = agents.filter((agent) => agent !== victim);
    const [witness] = others;
    assert.ok(witness !== undefined);
    await until(async () => (await runsOf(witness)).some(({ outcome }) => outcome === 'success'), logs(agents));
    const [death, success] = await runsOf(witness);
    assert.deepEqual([death?.agent, death?.failure?.code, death?.isTriedAgain], [victim.name, 'E_AGENT_GONE', true]);
    assert.deepEqual([success?.attempt, success?.slot], [2, death?.slot]);
    assert.notEqual(success?.agent, victim.name);
    const began = Date.parse(success?.beganAt ?? '') - killedAt;
    assert.ok(began < 30_000, `the next one began ${began} ms after the kill`);
    console.log(`handed over ${began} ms after SIGKILL`);
    await stopAgents(others);
    assert.equal((await operator.list()).length, 1);
    await operator.verified();
  });

  test('go on with the backup of one that is frozen, which notices that when it wakes', async (t) => {
    const operator = await days.operator('frozen');
    const stop = atStore(days, 'PUT', /data\//, 'request');
    const agents = await start(t, operator, 3);
    const frozen = await leaderAt(stop, agents);
    frozen.running.kill('SIGSTOP');
    const others = agents.filter((agent) => agent !== frozen);
    const [witness] = others;
    assert.ok(witness !== undefined);
    await until(async () => (await runsOf(witness)).some(({ outcome }) => outcome === 'success'), logs(agents));
    await stop.release();
    frozen.running.kill('SIGCONT');
    await until(
      async () => (await runsOf(witness)).some(({ agent, failure }) => agent === frozen.name && failure?.code === 'E_LEASE_LOST'),
      logs(agents),
    );
    assert.deepEqual(
      (await runsOf(witness)).map(({ agent, outcome }) => [agent === frozen.name, outcome]),
      [
        [true, 'failure'],
        [false, 'success'],
        [true, 'failure'],
      ],
    );
    await stopAgents(agents);
    assert.equal((await operator.list()).length, 1);
    await operator.verified();
  });

  test('one that is stopped lets its backup come to its end, and ends with 0', async (t) => {
    const operator = await days.operator('graceful');
    const stop = atStore(days, 'PUT', /data\//, 'request');
    const [agent] = (await start(t, operator, 1)) as readonly [RunningAgent];
    await stop.arrived(agent.running);
    agent.running.kill('SIGTERM');
    await until(
      async () => (await agent.get<AgentStatus>('/api/v1/status')).state === 'stopping',
      () => agent.running.stderr(),
    );
    await stop.release();
    assert.equal((await agent.running.ended).exitCode, 0);
    assert.equal((await operator.list()).length, 1);
    assert.deepEqual(await readdir(path.join(operator.staging, 'ds-0', 'ds-0')), []);
  });

  test('one whose backup takes longer than its grace period undoes it', async (t) => {
    const operator = await days.operator('undone');
    const stop = atStore(days, 'PUT', /data\//, 'request');
    const [agent] = (await start(t, operator, 1, { ROOTCELLAR_AGENT_STOP_GRACE: '1s' })) as readonly [RunningAgent];
    await stop.arrived(agent.running);
    agent.running.kill('SIGTERM');
    assert.equal((await agent.running.ended).exitCode, 0);
    await stop.release();
    assert.deepEqual(await operator.list(), []);
    const again = (await start(t, operator, 1)) as readonly [RunningAgent];
    // A run is written down a moment after its snapshot is there.
    await until(async () => (await runsOf(again[0])).some(({ outcome }) => outcome === 'success'), logs(again));
    assert.equal((await operator.list()).length, 1);
    assert.deepEqual(
      (await runsOf(again[0])).map(({ outcome }) => outcome),
      ['canceled', 'success'],
    );
    await stopAgents(again);
  });

  test('one whose store honours no conditional writes is not ready, says so, and runs nothing', async (t) => {
    const operator = await days.operator('unconditional');
    const refused = { kind: 'answer', status: 501, code: 'NotImplemented' } as const;
    for (const header of ['if-none-match', 'if-match']) days.store.arm({ method: 'PUT', header, times: Infinity, action: refused });
    t.after(() => days.store.reset());
    const [agent] = (await start(t, operator, 1)) as readonly [RunningAgent];
    await until(
      async () => (await agent.status('/readyz')) === 503,
      () => agent.running.stderr(),
    );
    const status = await agent.get<AgentStatus>('/api/v1/status');
    assert.match(status.trouble ?? '', /conditional/);
    assert.deepEqual(await runsOf(agent), []);
    await stopAgents([agent]);
    assert.equal((await agent.running.ended).exitCode, 0);
    days.store.reset();
    assert.deepEqual(await operator.list(), []);
  });

  test('one follows its configuration file without a restart, and keeps the old one when the new one is wrong', async (t) => {
    const operator = await days.operator('reloaded');
    const file = path.join(days.home, 'rootcellar.yaml');
    await writeFile(file, 'agent:\n  schedule: { backup: "0 */6 * * *" }\n');
    const [agent] = (await start(t, operator, 1, { ROOTCELLAR_CONFIG: file })) as readonly [RunningAgent];
    const status = () => agent.get<AgentStatus>('/api/v1/status');
    const told = (): string => agent.running.stderr();
    await until(async () => (await runsOf(agent)).length === 1, told);
    await writeFile(file, 'agent:\n  schedule: { backup: "0 */6 * *" }\n');
    agent.running.kill('SIGHUP');
    await until(async () => (await status()).reloadFailure !== undefined, told);
    assert.match((await status()).reloadFailure ?? '', /agent\.schedule\.backup/);
    await writeFile(file, 'agent:\n  schedule: { backup: "15 */3 * * *" }\n');
    agent.running.kill('SIGHUP');
    await until(async () => (await agent.status('/readyz')) === 200 && (await status()).jobs[0]?.schedule === '15 */3 * * *', told);
    assert.equal((await status()).reloadFailure, undefined);
    await stopAgents([agent]);
    assert.equal((await agent.running.ended).exitCode, 0);
  });
});

type ParametersAfterFirst<Of extends (first: never, ...others: never[]) => unknown> = Of extends (
  first: never,
  ...others: infer Others
) => unknown
  ? Others
  : never;

/** The agent whose run has come to where it is stopped. */
async function leaderAt(stop: Stop, agents: readonly RunningAgent[]): Promise<RunningAgent> {
  await Promise.race(agents.map(({ running }) => stop.arrived(running)));
  for (const agent of agents) {
    const { active } = await agent.get<AgentStatus>('/api/v1/status');
    if (active.some(({ state }) => state === 'running')) return agent;
  }
  throw new Error('no agent runs anything');
}

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { allRuns, shortRun, startAgent, type AgentScene, type SceneOptions } from '../../test/harness/agent-scene.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

function sceneOf(t: TestContext, start = '2026-11-26T00:00:30.000Z') {
  const clock = new FakeClock(start);
  const store = new MemoryStore({ clock });
  const agents: AgentScene[] = [];
  t.after(async () => {
    const ended = Promise.all(agents.map((agent) => agent.stop()));
    await clock.advance(hour);
    await ended;
  });
  return {
    clock,
    store,
    start: (name: string, options: Partial<SceneOptions> = {}) => {
      const scene = startAgent({ store, clock, name, ...options });
      agents.push(scene);
      return scene;
    },
  };
}

describe('an agent alone', () => {
  test('makes the first backup at once, and then one each slot', async (t) => {
    const { clock, start } = sceneOf(t);
    const agent = start('ds-0');
    await clock.advance(13 * hour);
    assert.deepEqual(agent.runner.begun, ['2026-11-26T00:00:35 backup', '2026-11-26T06:00:05 backup', '2026-11-26T12:00:05 backup']);
    assert.deepEqual((await allRuns(agent)).map(shortRun), [
      '2026-11-26T00:00 backup success 1 ds-0',
      '2026-11-26T06:00 backup success 1 ds-0',
      '2026-11-26T12:00 backup success 1 ds-0',
    ]);
    assert.equal((await allRuns(agent))[0]?.trigger, 'catch-up');
    const status = agent.agent.status().jobs.find(({ job }) => job === 'backup');
    assert.equal(status?.nextAt?.slice(0, 19), '2026-11-26T18:00:00');
    assert.equal(status?.expectedIntervalSeconds, 21_600);
    assert.equal(status?.lastSuccess?.slot, '2026-11-26T12:00:00.000Z');
  });

  test('begins the other jobs when they are due, not at its first start', async (t) => {
    const { clock, start } = sceneOf(t);
    const agent = start('ds-0', { schedules: { verify: '30 3 * * *', prune: '30 4 * * 0' } });
    await clock.advance(4 * hour);
    assert.deepEqual(agent.runner.begun, ['2026-11-26T03:30:05 verify']);
  });

  test('tries again inside the slot with longer pauses, and gives up after the last attempt', async (t) => {
    const { clock, start } = sceneOf(t);
    const agent = start('ds-0');
    agent.runner.ends.push({ exitCode: 1 }, { killedBy: 'SIGKILL' }, { exitCode: 11 });
    await clock.advance(2 * hour);
    assert.deepEqual(agent.runner.begun, ['2026-11-26T00:00:35 backup', '2026-11-26T00:01:40 backup', '2026-11-26T00:03:45 backup']);
    const runs = await allRuns(agent);
    assert.deepEqual(
      runs.map(({ outcome, isTriedAgain }) => [outcome, isTriedAgain]),
      [
        ['failure', true],
        ['failure', true],
        ['failure', false],
      ],
    );
    assert.equal(runs[1]?.failure?.code, 'E_RUN_KILLED');
    assert.equal((await agent.slots.read('backup'))?.state, 'done');
  });

  for (const exitCode of [2, 3, 10, 12, 20]) {
    test(`does not try again what ends with ${exitCode}, as that would change nothing`, async (t) => {
      const { clock, start } = sceneOf(t);
      const agent = start('ds-0');
      agent.runner.ends.push({ exitCode });
      await clock.advance(2 * hour);
      assert.equal(agent.runner.begun.length, 1);
      assert.equal((await allRuns(agent))[0]?.outcome, exitCode === 3 ? 'partial' : 'failure');
    });
  }

  test('runs one job at a time, also when several are due', async (t) => {
    const { clock, start } = sceneOf(t);
    const agent = start('ds-0', { schedules: { backup: '0 * * * *', verify: '0 * * * *', prune: '0 * * * *' } });
    agent.runner.ends.push({ lasts: minute }, { lasts: minute }, { lasts: minute }, { lasts: minute });
    await clock.advance(2 * hour);
    assert.equal(agent.runner.mostAtOnce, 1);
    assert.ok(agent.runner.begun.length >= 6, agent.runner.begun.join('\n'));
  });

  test('a run longer than its slot skips what came due meanwhile, once', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T05:59:30.000Z');
    const agent = start('ds-0', { settings: { catchUp: false } });
    agent.runner.ends.push({ lasts: 13 * hour });
    await clock.advance(20 * hour);
    assert.deepEqual((await allRuns(agent)).map(shortRun).toSorted(), [
      '2026-11-26T06:00 backup success 1 ds-0',
      '2026-11-26T18:00 backup skipped 1 ds-0',
      '2026-11-27T00:00 backup success 1 ds-0',
    ]);
  });

  test('waits for a server that is only starting, and runs without one that stays silent', async (t) => {
    const { clock, start } = sceneOf(t);
    let isSilent = true;
    const agent = start('ds-0', { assess: async () => ({ rank: [Number(isSilent)], reasons: [], isSilent }) });
    await clock.advance(30 * second);
    assert.deepEqual(agent.runner.begun, []);
    isSilent = false;
    await clock.advance(15 * second);
    assert.deepEqual(agent.runner.begun, ['2026-11-26T00:01:10 backup']);
    isSilent = true;
    await clock.advance(6 * hour + 2 * minute);
    assert.equal(agent.runner.begun[1], '2026-11-26T06:01:05 backup');
  });

  test('a store that does not answer is told, and the run is made when it does', async (t) => {
    const { clock, store, start } = sceneOf(t, '2026-11-26T05:50:00.000Z');
    let isDown = true;
    const down = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...words: unknown[]): unknown => {
          if (isDown) throw new Error('the store is down');
          return Reflect.apply(value, target, words);
        };
      },
    });
    const agent = start('ds-0', { store: down });
    await clock.advance(20 * minute);
    assert.match(agent.agent.status().trouble ?? '', /the store is down/);
    assert.deepEqual(agent.runner.begun, []);
    isDown = false;
    await clock.advance(2 * minute);
    assert.equal(agent.agent.status().trouble, undefined);
    assert.equal(agent.runner.begun.length, 1);
  });
});

describe('the agents of a group', () => {
  test('make each slot once, on the one with the best health, and stay with it', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T05:00:00.000Z');
    const ranks: Record<string, number[]> = { 'ds-0': [0, 1], 'ds-1': [0, 0], 'ds-2': [1] };
    const begin = (name: string) =>
      start(name, { settings: { catchUp: false }, assess: async () => ({ rank: ranks[name] ?? [], reasons: [] }) });
    const agents = [begin('ds-0'), begin('ds-1'), begin('ds-2')] as const;
    await clock.advance(2 * hour);
    assert.deepEqual((await allRuns(agents[0])).map(shortRun), ['2026-11-26T06:00 backup success 1 ds-1']);
    // All equally well: whose backup is in the archive already goes on.
    for (const name of Object.keys(ranks)) ranks[name] = [0];
    await clock.advance(24 * hour);
    const names = (await allRuns(agents[0])).map(({ agent }) => agent);
    assert.deepEqual(
      names,
      Array.from({ length: 5 }, () => 'ds-1'),
    );
    assert.deepEqual(
      agents.map(({ runner }) => runner.begun.length),
      [0, 5, 0],
    );
  });

  test('all know of a run that one of them made', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T05:00:00.000Z');
    const agents = [start('ds-0', { settings: { catchUp: false } }), start('ds-1', { settings: { catchUp: false } })] as const;
    const heard: string[] = [];
    for (const { agent } of agents)
      agent.onEvent((event) => event.kind === 'ended' && heard.push(`${agent.name} ${event.isOwn} ${event.run.agent}`));
    await clock.advance(2 * hour);
    const [by] = (await allRuns(agents[0])).map(({ agent }) => agent);
    const other = by === 'ds-0' ? 'ds-1' : 'ds-0';
    assert.deepEqual(heard.toSorted(), [`${by} true ${by}`, `${other} false ${by}`].toSorted());
    for (const { agent } of agents) assert.equal(agent.status().jobs[0]?.lastSuccess?.agent, by);
  });

  test('a failed attempt is tried again by another one', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T05:00:00.000Z');
    const [one, other] = [
      start('ds-0', { settings: { catchUp: false }, assess: async () => ({ rank: [0], reasons: [] }) }),
      start('ds-1', { settings: { catchUp: false }, assess: async () => ({ rank: [1], reasons: [] }) }),
    ];
    one.runner.ends.push({ exitCode: 1 });
    await clock.advance(2 * hour);
    assert.deepEqual((await allRuns(other)).map(shortRun), [
      '2026-11-26T06:00 backup failure 1 ds-0',
      '2026-11-26T06:00 backup success 2 ds-1',
    ]);
  });

  test('an agent that is stopped in the middle lets the run end inside its grace period', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T05:00:00.000Z');
    const agent = start('ds-0', { settings: { catchUp: false } });
    agent.runner.ends.push({ lasts: 3 * minute });
    await clock.advance(hour + minute);
    const stopped = agent.stop();
    await clock.advance(5 * minute);
    await stopped;
    assert.deepEqual((await allRuns(agent)).map(shortRun), ['2026-11-26T06:00 backup success 1 ds-0']);
  });

  test('and one whose run takes longer than that undoes it, so that another one makes it at once', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T05:00:00.000Z');
    const [one, other] = [
      start('ds-0', { settings: { catchUp: false }, assess: async () => ({ rank: [0], reasons: [] }) }),
      start('ds-1', { settings: { catchUp: false }, assess: async () => ({ rank: [1], reasons: [] }) }),
    ];
    one.runner.ends.push({ lasts: 30 * minute });
    await clock.advance(hour + minute);
    const stopped = one.stop();
    await clock.advance(6 * minute);
    await stopped;
    assert.deepEqual((await allRuns(other)).map(shortRun), [
      '2026-11-26T06:00 backup canceled 1 ds-0',
      '2026-11-26T06:00 backup success 1 ds-1',
    ]);
  });

  test('one that leaves for a new configuration waits for its run, however long it takes', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T05:00:00.000Z');
    const agent = start('ds-0', { settings: { catchUp: false } });
    agent.runner.ends.push({ lasts: 3 * hour });
    await clock.advance(hour + minute);
    const left = agent.leave();
    await clock.advance(3 * hour);
    await left;
    assert.deepEqual((await allRuns(agent)).map(shortRun), ['2026-11-26T06:00 backup success 1 ds-0']);
  });
});

describe('runs that are asked for', () => {
  test('wait for the one before, are told of, and are kept in the history', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T01:00:00.000Z');
    const agent = start('ds-0', { settings: { catchUp: false } });
    const events: string[] = [];
    agent.agent.onEvent((event) => events.push(event.kind));
    agent.runner.ends.push({ lasts: minute });
    const first = agent.agent.request({ job: 'backup', words: [], by: 'operator' });
    const second = agent.agent.request({ job: 'verify', words: ['--read-data'], by: 'operator' });
    await clock.advance(second.queuedAt === '' ? 0 : 30_000);
    assert.deepEqual(
      agent.agent.status().active.map(({ job, state }) => [job, state]),
      [
        ['backup', 'running'],
        ['verify', 'queued'],
      ],
    );
    assert.deepEqual(agent.agent.status().active[0]?.progress, [{ kind: 'begin', step: 'work' }]);
    await clock.advance(minute);
    assert.deepEqual(events, ['queued', 'queued', 'begun', 'progress', 'ended', 'begun', 'progress', 'ended']);
    assert.equal(((await agent.agent.find(first.id)) as { outcome?: string }).outcome, 'success');
    const [, verify] = await allRuns(agent);
    assert.deepEqual([verify?.words, verify?.by, verify?.trigger], [['verify', '--read-data'], 'operator', 'request']);
    assert.deepEqual(
      (await agent.agent.runs({ job: 'verify' })).map(({ id }) => id),
      [second.id],
    );
  });

  test('are not begun while another agent runs the same job', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T01:00:00.000Z');
    const [one, other] = [start('ds-0', { settings: { catchUp: false } }), start('ds-1', { settings: { catchUp: false } })];
    one.runner.ends.push({ lasts: 5 * minute });
    one.agent.request({ job: 'backup', words: [], by: 'operator' });
    await clock.advance(second);
    other.agent.request({ job: 'backup', words: [], by: 'operator' });
    await clock.advance(4 * minute);
    assert.deepEqual(other.runner.begun, []);
    await clock.advance(2 * minute);
    assert.equal(other.runner.begun.length, 1);
  });

  test('can be canceled, in the queue and while they run', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T01:00:00.000Z');
    const agent = start('ds-0', { settings: { catchUp: false } });
    agent.runner.ends.push({ lasts: hour });
    const running = agent.agent.request({ job: 'backup', words: [], by: 'operator' });
    const queued = agent.agent.request({ job: 'prune', words: [], by: 'operator' });
    await clock.advance(minute);
    assert.equal(agent.agent.cancel(queued.id), true);
    assert.equal(agent.agent.cancel(running.id), true);
    assert.equal(agent.agent.cancel('20261126T000000000Z-000000'), false);
    await clock.advance(minute);
    assert.deepEqual((await allRuns(agent)).map(({ job, outcome }) => `${job} ${outcome}`).toSorted(), [
      'backup canceled',
      'prune canceled',
    ]);
    assert.equal(agent.runner.begun.length, 1);
  });

  test('are refused by an agent that is stopping, and beyond twenty', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T01:00:00.000Z');
    const agent = start('ds-0', { settings: { catchUp: false } });
    agent.runner.ends.push({ lasts: minute });
    const ask = () => agent.agent.request({ job: 'backup', words: [], by: 'operator' });
    for (let index = 0; index < 20; index += 1) ask();
    assert.throws(ask, { code: 'E_QUEUE_FULL', exitCode: 11 });
    void agent.stop();
    await clock.advance(second);
    assert.throws(ask, { code: 'E_AGENT_STOPPING', exitCode: 11 });
  });
});

describe('agent --once', () => {
  test('tries again, keeps the history, and resolves to the last attempt', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T01:00:00.000Z');
    const agent = start('job-1', { schedules: {} });
    agent.runner.ends.push({ exitCode: 1 });
    const record = agent.agent.once('backup', new AbortController().signal);
    await clock.advance(5 * minute);
    assert.deepEqual([(await record).outcome, (await record).attempt], ['success', 2]);
    assert.deepEqual(
      (await allRuns(agent)).map(({ outcome, trigger }) => [outcome, trigger]),
      [
        ['failure', 'once'],
        ['success', 'once'],
      ],
    );
  });

  test('is busy while another agent of the group runs the job', async (t) => {
    const { clock, start } = sceneOf(t, '2026-11-26T01:00:00.000Z');
    const [one, other] = [start('ds-0', { schedules: {} }), start('job-1', { schedules: {} })];
    one.runner.ends.push({ lasts: hour });
    one.agent.request({ job: 'backup', words: [], by: 'operator' });
    await clock.advance(second);
    await assert.rejects(other.agent.once('backup', new AbortController().signal), { code: 'E_BUSY', exitCode: 11 });
  });
});

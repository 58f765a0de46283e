import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { ScriptedAgent } from '../../../test/harness/scripted-agent.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { ArchiveWatch } from '../reporting/archive-watch.ts';
import { AgentKnowledge } from './agent-knowledge.ts';
import { RunFacts } from './run-facts.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const first = exampleSnapshot({ time: '2026-11-23T08:46:46.000Z' });
const second = exampleSnapshot({ time: '2026-11-23T09:46:46.000Z' });

interface Scene {
  readonly clock: FakeClock;
  readonly knowledge: AgentKnowledge;
  readonly facts: RunFacts;
  /** How often the archive was read. */
  readonly readings: () => number;
  /** Milliseconds that a reading takes. */
  lasts: number;
  held: readonly Snapshot[] | Error;
}

function scene(held: Scene['held'] = [first]): Scene {
  const clock = new FakeClock();
  const facts = new RunFacts();
  let readings = 0;
  const archive = new ArchiveWatch(
    {
      clock,
      log: silent,
      snapshots: async () => {
        readings += 1;
        const found = own.held;
        if (own.lasts > 0) await clock.sleep(own.lasts);
        if (found instanceof Error) throw found;
        return found;
      },
    },
    new AbortController().signal,
  );
  const knowledge = new AgentKnowledge({
    view: new ScriptedAgent({ jobs: [] }),
    archive,
    facts,
    alarms: () => [],
    clock,
    location: 's3://backups/directory',
    maxAgeMilliseconds: 12 * 3_600_000,
  });
  const own: Scene = { clock, knowledge, facts, readings: () => readings, lasts: 0, held };
  return own;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('AgentKnowledge.snapshots()', () => {
  test('waits for the first reading, then gives what is known and looks again after ten seconds', async () => {
    const own = scene();
    assert.deepEqual((await own.knowledge.snapshots()).snapshots, [first]);
    own.held = [second, first];
    await own.clock.advance(9_999);
    await own.knowledge.snapshots();
    assert.equal(own.readings(), 1);

    await own.clock.advance(1);
    // Told at once, while it is read again.
    assert.deepEqual((await own.knowledge.snapshots()).snapshots, [first]);
    await settle();
    const { snapshots, readAt } = await own.knowledge.snapshots();
    assert.deepEqual([snapshots, readAt.toISOString(), own.readings()], [[second, first], '2026-11-23T10:46:56.000Z', 2]);
  });

  test('waits for what was changed by way of this agent', async () => {
    const own = scene();
    await own.knowledge.snapshots();
    own.held = [];

    own.knowledge.changed();

    assert.deepEqual((await own.knowledge.snapshots()).snapshots, []);
  });

  test('reads an archive that takes long more seldom', async () => {
    const own = scene();
    own.lasts = 3000;
    const reading = own.knowledge.snapshots();
    await own.clock.advance(3000);
    await reading;
    await own.clock.advance(59_999);
    await own.knowledge.snapshots();
    assert.equal(own.readings(), 1);
    await own.clock.advance(1);
    await own.knowledge.snapshots();
    assert.equal(own.readings(), 2);
  });

  test('rejects as the archive did while it was never read, and later tells what was known', async () => {
    const own = scene(new Error('connection refused'));
    await assert.rejects(own.knowledge.snapshots(), /^Error: connection refused$/);
    own.held = [first];
    await own.knowledge.snapshots();
    own.held = new Error('connection refused');
    own.knowledge.changed();

    assert.deepEqual((await own.knowledge.snapshots()).snapshots, [first]);
    assert.equal(own.knowledge.overview().archive.trouble, 'connection refused');
  });

  test('adds what runs told, also those of others than the agent, and keeps one array as long as nothing changes', async () => {
    const own = scene();
    own.facts.learn([exampleRunRecord({ result: { id: first.id, newBytes: 5, entries: 12 } })]);
    const { snapshots } = await own.knowledge.snapshots();
    assert.deepEqual(snapshots, [{ ...first, newBytes: 5, entries: 12 }]);
    assert.equal((await own.knowledge.snapshots()).snapshots, snapshots);

    own.held = [second, first];
    own.knowledge.learn(exampleRunRecord({ result: { id: second.id, newBytes: 6, entries: null } }));
    own.knowledge.changed();
    assert.deepEqual((await own.knowledge.snapshots()).snapshots, [
      { ...second, newBytes: 6 },
      { ...first, newBytes: 5, entries: 12 },
    ]);
  });
});

describe('AgentKnowledge.overview()', () => {
  test('is unknown before the archive was read, begins to read it, and says then what is', async () => {
    const { knowledge, facts } = scene();
    const { state, archive, growth, servers } = knowledge.overview();
    assert.deepEqual(
      [state, archive, growth, servers],
      ['unknown', { location: 's3://backups/directory', readAt: undefined, trouble: undefined }, [], []],
    );
    await settle();
    facts.learn([exampleRunRecord({ job: 'verify', beganAt: '2026-11-23T09:46:46.000Z', result: undefined })]);

    const after = knowledge.overview();
    assert.deepEqual([after.state, after.headline], ['protected', 'Protected: last verified backup 2 hours old']);
    assert.deepEqual([after.archive.readAt, after.at], ['2026-11-23T10:46:46.000Z', '2026-11-23T10:46:46.000Z']);
    assert.deepEqual(after.servers, [
      {
        server: 'prod',
        state: 'protected',
        snapshots: 1,
        bytes: 1000,
        lastGood: { id: first.id, time: first.time },
        lastVerified: { id: first.id, at: '2026-11-23T09:46:46.000Z', how: 'verify' },
      },
    ]);
    assert.deepEqual([after.growth.map(({ snapshot }) => snapshot), after.growthOf], [[first.id], 1]);
  });

  test('is told of 5,000 snapshots with 500 points, and says of how many', async () => {
    const many = Array.from({ length: 5000 }, (_, at) =>
      exampleSnapshot({ time: new Date(Date.UTC(2026, 10, 23, 10) - at * 3_600_000).toISOString(), server: `ds-${at % 3}` }),
    );
    const { knowledge, facts } = scene(many);
    facts.learn([exampleRunRecord({ job: 'verify', beganAt: '2026-11-23T10:30:00.000Z', result: undefined })]);
    await knowledge.snapshots();

    const { state, growth, growthOf } = knowledge.overview();
    assert.equal(state, 'protected');
    assert.deepEqual([growth.length <= 500, growth.length > 490, growthOf], [true, true, 5000]);
  });
});

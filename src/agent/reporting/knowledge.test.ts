import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleJobStatus, exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { startReportingScene } from '../../../test/harness/reporting-scene.ts';
import { ScriptedAgent } from '../../../test/harness/scripted-agent.ts';

const first = exampleSnapshot({ time: '2026-11-23T06:00:30.000Z' });
const second = exampleSnapshot({ time: '2026-11-23T12:00:30.000Z' });

test('Reporting.knowledge has what the history told, hears of each run that ends, and sees alarms', async () => {
  const clock = new FakeClock('2026-11-23T11:00:00.000Z');
  const agent = new ScriptedAgent({ jobs: [exampleJobStatus({ expectedIntervalSeconds: 3600 })] });
  // The newest ten are read for the metrics; those before them for the curves.
  for (let hour = 0; hour < 40; hour += 1)
    agent.history.push(
      exampleRunRecord({ beganAt: new Date(Date.UTC(2026, 10, 21, hour)).toISOString(), result: { id: `old ${hour}`, newBytes: hour } }),
    );
  agent.history.push(exampleRunRecord({ result: { id: first.id, newBytes: 5, entries: 12, milliseconds: 900 } }));
  const oldest = exampleSnapshot({ id: 'old 0', time: '2026-11-21T00:00:00.000Z' });
  await using scene = await startReportingScene({ agent, archive: [first, oldest], clock });
  const { knowledge } = scene.reporting;
  await clock.advance(15_000);

  const before = knowledge.overview();
  assert.deepEqual(before.growth, [
    { time: oldest.time, server: 'prod', snapshot: 'old 0', bytes: 1000, newBytes: 0, milliseconds: 240_000 },
    { time: first.time, server: 'prod', snapshot: first.id, bytes: 1000, newBytes: 5, entries: 12, milliseconds: 900 },
  ]);
  // The last success is five hours ago, and one is expected each hour.
  assert.deepEqual(
    before.alarms.map(({ name, since }) => [name, since]),
    [['RootcellarBackupLate', '2026-11-23T08:04:30.000Z']],
  );

  scene.archive = [second, first, oldest];
  agent.end(exampleRunRecord({ beganAt: second.time, result: { id: second.id, newBytes: 6, entries: 13 } }));
  const { snapshots } = await knowledge.snapshots();
  assert.deepEqual(snapshots[0], { ...second, newBytes: 6, entries: 13 });
});

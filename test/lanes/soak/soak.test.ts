import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jobs, runOutcomes } from '../../../src/domain/run-record.ts';
import { useS3Credentials } from '../../harness/s3-environment.ts';
import { FastClock } from '../../harness/fast-clock.ts';
import { type BadDays, assertNoSecretSeen, type Operator, startBadDays } from '../../e2e/bad-days.ts';
import { type SoakAgent, startSoakAgent } from './soak-group.ts';
import { runsUnderWay } from './runs-under-way.ts';

const wanted = Number(process.env['ROOTCELLAR_TEST_RUNS'] ?? 1000);
const factor = 120;
const seed = Number(process.env['ROOTCELLAR_TEST_SEED'] ?? Date.now() % 1_000_000);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

suite(`${wanted} scheduled runs with faults`, { timeout: 3 * 3_600_000 }, () => {
  let days: BadDays;
  let operator: Operator;
  before(async () => {
    days = await startBadDays();
    useS3Credentials(days.s3);
    operator = await days.operator('soak');
  });
  after(async () => {
    try {
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  test('memory and handles stay as they were, the archive is whole, and the metrics say what happened', async () => {
    console.log(`seed ${seed}`);
    const random = randomOf(seed);
    const clock = new FastClock(factor);
    const before = sample(0);
    const agents: SoakAgent[] = [];
    for (const name of ['ds-0', 'ds-1', 'ds-2']) agents.push(await startSoakAgent(name, operator, clock, Math.random));
    let ended = 0;
    const outcomes = new Map<string, number>();
    for (const { agent } of agents) {
      agent.onEvent((event) => {
        if (event.kind !== 'ended' || !event.isOwn) return;
        if (event.run.outcome !== 'skipped') ended += 1;
        const name = `${event.run.job} ${event.run.outcome}${event.run.isTriedAgain ? ' (tried again)' : ''}`;
        outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
      });
    }
    const samples: Sample[] = [];
    const began = Date.now();
    let nextSample = Math.min(100, Math.floor(wanted / 5));
    while (ended < wanted) {
      await delay(500 + random() * 2000);
      await makeTrouble(days, agents, random);
      if (ended >= nextSample) {
        samples.push(sample(ended));
        console.log(`${JSON.stringify(samples.at(-1))} after ${Math.round((Date.now() - began) / 1000)} s`);
        nextSample += Math.max(20, Math.floor(wanted / 10));
      }
    }
    days.store.reset();
    for (const { link } of agents) link.isCutOff = false;
    console.log(JSON.stringify(Object.fromEntries([...outcomes].toSorted(([one], [other]) => (one < other ? -1 : 1))), undefined, 1));
    // Without trouble the group finds back by itself.
    const last = agents[0] as SoakAgent;
    await until(async () => {
      const known = await last.history.list();
      return jobs.filter((job) => job !== 'drill').every((job) => known.find((run) => run.job === job)?.outcome === 'success');
    });
    await assertMetricsTrue(agents);
    samples.push(sample(ended));
    for (const agent of agents) await agent.stop();
    assert.deepEqual(await runsUnderWay(), []);
    const afterwards = sample(ended);
    console.log(JSON.stringify({ before, afterwards }));
    assertFlat(samples);
    // What was opened for the agents is closed with them.
    assert.ok(afterwards.files <= before.files + 20, `${before.files} open files before became ${afterwards.files}`);
    // Every byte of every snapshot; and nothing that a run left behind stops the next one.
    await operator.run(['verify', '--read-data']);
    await operator.run(['backup']);
    const snapshots = await operator.list();
    assert.ok(snapshots.length > 0 && snapshots.every(({ state }) => state === 'complete'));
  });
});

/** One thing that goes wrong, or nothing. */
async function makeTrouble({ store }: BadDays, agents: readonly SoakAgent[], random: () => number): Promise<void> {
  store.reset();
  const dice = random();
  if (dice < 0.1) {
    const pids = await runsUnderWay();
    const pid = pids[Math.floor(random() * pids.length)];
    if (pid !== undefined) killIfThere(pid);
  } else if (dice < 0.15) {
    const agent = agents[Math.floor(random() * agents.length)];
    if (agent === undefined) return;
    agent.link.isCutOff = true;
    await delay(random() * 4000);
    agent.link.isCutOff = false;
  } else if (dice < 0.25) {
    store.arm({
      after: Math.floor(random() * 20),
      times: 1 + Math.floor(random() * 15),
      action: { kind: 'answer', status: 503, code: 'SlowDown' },
    });
  } else if (dice < 0.35) {
    store.arm({
      after: Math.floor(random() * 20),
      times: 1 + Math.floor(random() * 3),
      action: { kind: random() < 0.5 ? 'drop-before' : 'drop-after' },
    });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

interface Sample {
  readonly runs: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
  readonly handles: number;
  readonly files: number;
}

function sample(runs: number): Sample {
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  const mebibytes = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 10) / 10;
  return {
    runs,
    heapMiB: mebibytes(heapUsed),
    rssMiB: mebibytes(rss),
    handles: process.getActiveResourcesInfo().length,
    files: readdirSync('/proc/self/fd').length,
  };
}

/** Of open files and handles: connections that three agents and the proxy between them and the store keep for the next request, which come and go. */
const mostOpen = 250;

/** The first sample is taken when all that is loaded late has been. */
function assertFlat(samples: readonly Sample[]): void {
  const [first] = samples;
  const last = samples.at(-1);
  assert.ok(first !== undefined && last !== undefined && samples.length > 2);
  assert.ok(last.heapMiB < first.heapMiB * 1.3 + 10, `the heap grew from ${first.heapMiB} to ${last.heapMiB} MiB`);
  for (const { files, handles, runs } of samples) {
    assert.ok(files <= mostOpen && handles <= mostOpen, `${files} files and ${handles} handles were open after ${runs} runs`);
  }
}

/** What each agent counts is what the history has of it; and the last success is that of the history, whichever agent made it. */
async function assertMetricsTrue(agents: readonly SoakAgent[]): Promise<void> {
  const [{ history }] = agents as readonly [SoakAgent];
  for (const agent of agents) await agent.agent.runs({ limit: 1 });
  const stored = await history.list();
  for (const job of jobs) {
    const newest = stored.find((run) => run.job === job && run.outcome === 'success');
    if (newest === undefined) continue;
    // The newest run may be of the last seconds, and another agent looks once a minute.
    await until(async () => {
      const texts = await Promise.all(agents.map(({ reporting }) => reporting.render()));
      const latest = (await history.list()).find((run) => run.job === job && run.outcome === 'success');
      return texts.some(
        ({ text }) =>
          valueOf(text, 'rootcellar_last_success_timestamp_seconds', `command="${job}"`) === Date.parse(latest?.endedAt ?? '') / 1000,
      );
    });
  }
  for (const { reporting } of agents) {
    const { text } = await reporting.render();
    assert.ok(
      runOutcomes.some((outcome) => text.includes(`outcome="${outcome}"`)),
      text,
    );
  }
}

function valueOf(text: string, name: string, label: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name}{`) && each.includes(label));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 300_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, 'it did not come to that within five minutes');
    await delay(500);
  }
}

/** Always the same numbers for a seed. */
function randomOf(start: number): () => number {
  let count = 0;
  return () => {
    count += 1;
    return Number.parseInt(hash('sha256', `${start} ${count}`).slice(0, 12), 16) / 16 ** 12;
  };
}

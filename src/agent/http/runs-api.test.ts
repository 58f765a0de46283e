import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serveAgent, type ServedAgent } from '../../../test/harness/agent-api.ts';
import { exampleRun } from '../../../test/harness/example-agent.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { runEvents } from '../../../test/harness/stream-events.ts';
import type { RunEvent } from './api-schemas.ts';

async function requested(served: ServedAgent, body: unknown = { job: 'backup' }): Promise<string> {
  const answer = await served.ask('/api/v1/runs', { role: 'operator', body });
  assert.equal(answer.status, 202);
  return ((await answer.json()) as { id: string }).id;
}

async function failed(answer: Response): Promise<readonly [number, unknown]> {
  return [answer.status, ((await answer.json()) as { message: string }).message];
}

describe('/api/v1/runs', () => {
  test('takes a run into the queue, with the words as they were understood, and says where to look', async () => {
    await using served = await serveAgent();

    const answer = await served.ask('/api/v1/runs', { role: 'operator', body: { job: 'verify', words: ['latest', '--read-data'] } });

    assert.equal(answer.status, 202);
    const run = (await answer.json()) as { id: string; words: string[]; by: string; state: string };
    assert.deepEqual([run.words, run.by, run.state], [['verify', '--read-data', '--', 'latest'], 'operator', 'queued']);
    assert.equal(answer.headers.get('location'), `/api/v1/runs/${run.id}`);
    assert.equal((await served.ask(`/api/v1/runs/${run.id}`, { role: 'viewer' })).status, 200);
  });

  test('refuses words that are settings or point elsewhere, in a sentence', async () => {
    await using served = await serveAgent();
    const ask = (words: readonly string[]) => served.ask('/api/v1/runs', { role: 'restorer', body: { job: 'backup', words } }).then(failed);
    const says = (flag: string, why: string) => [400, `Cannot run it by way of an agent with "${flag}": ${why}`];

    assert.deepEqual(await ask(['--archive', '/tmp/x']), says('--archive', 'the agent has settings of its own'));
    assert.deepEqual(await ask(['--config=/etc/shadow']), says('--config', 'the agent has settings of its own'));
    assert.deepEqual(await ask(['--agent', 'http://x']), says('--agent', 'an agent passes nothing on to another'));
    assert.deepEqual(await ask(['--nonsense']), [400, 'Cannot read the command line: unknown option "--nonsense"']);
    assert.deepEqual(await ask(['--help']), [400, 'Cannot run the command: the words ask for help']);
  });

  test('lists finished runs by job and number, and shows one', async () => {
    await using served = await serveAgent();
    const ids = ['20261123T104646000Z-000003', '20261123T104646000Z-000002', '20261123T104646000Z-000001'];
    served.agent.records.push(...ids.map((id, at) => exampleRun({ id, job: at === 1 ? 'verify' : 'backup' })));
    const listed = async (query: string): Promise<string[]> => {
      const answer = await served.ask(`/api/v1/runs${query}`, { role: 'viewer' });
      return ((await answer.json()) as { runs: { id: string }[] }).runs.map(({ id }) => id.slice(-1));
    };

    assert.deepEqual(await listed(''), ['3', '2', '1']);
    assert.deepEqual(await listed('?job=backup'), ['3', '1']);
    assert.deepEqual(await listed('?limit=2'), ['3', '2']);
    const one = (await (await served.ask(`/api/v1/runs/${ids[1]}`, { role: 'viewer' })).json()) as { state: string; job: string };
    assert.deepEqual([one.state, one.job], ['ended', 'verify']);
  });

  test('cancels a run of its own; of others, ended and unknown ones it says why not', async () => {
    await using served = await serveAgent();
    const id = await requested(served);
    served.agent.records.push(exampleRun());
    const cancel = (run: string) => served.ask(`/api/v1/runs/${run}/cancel`, { role: 'operator', method: 'POST' });

    assert.equal((await cancel(id)).status, 202);
    assert.deepEqual(served.agent.canceled, [id]);
    assert.deepEqual(await failed(await cancel(exampleRun().id)), [
      409,
      'Cannot cancel the run 20261123T104646000Z-00abcd: it has ended (success)',
    ]);
    assert.deepEqual(await failed(await cancel('nothing')), [404, 'Cannot find the run nothing: neither the queue nor the history has it']);
  });
});

describe('/api/v1/runs/{id}/events', () => {
  test('tells what was so far, then each event, then the end, and ends', async () => {
    await using served = await serveAgent();
    const id = await requested(served);
    served.agent.begin(id);
    served.agent.tell(id, { kind: 'begin', step: 'stage', total: 10, unit: 'bytes' });

    const answer = await served.ask(`/api/v1/runs/${id}/events`, { role: 'viewer' });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream');
    const events = runEvents(answer);
    const first = (await events.next()).value as RunEvent & { kind: 'run' };
    assert.deepEqual(
      [first.kind, first.run.state, first.run.progress],
      ['run', 'running', [{ kind: 'begin', step: 'stage', total: 10, unit: 'bytes' }]],
    );
    served.agent.tell(id, { kind: 'advance', step: 'stage', done: 5 });
    assert.deepEqual((await events.next()).value, { kind: 'progress', event: { kind: 'advance', step: 'stage', done: 5 } });
    served.agent.end(id);
    const last = (await events.next()).value as RunEvent & { kind: 'end' };

    assert.deepEqual([last.kind, last.run.outcome], ['end', 'success']);
    assert.deepEqual(await events.next(), { value: undefined, done: true });
    assert.equal(served.agent.listeners, 0);
  });

  test('tells of a run that has ended its end at once, and 404 of one that nobody knows', async () => {
    await using served = await serveAgent();
    served.agent.records.push(exampleRun({ outcome: 'failure', exitCode: 1 }));

    const events = await Array.fromAsync(runEvents(await served.ask(`/api/v1/runs/${exampleRun().id}/events`, { role: 'viewer' })));

    assert.deepEqual(
      events.map((event) => (event.kind === 'end' ? event.run.outcome : event.kind)),
      ['failure'],
    );
    assert.equal((await served.ask('/api/v1/runs/nothing/events', { role: 'viewer' })).status, 404);
    assert.equal(served.agent.listeners, 0);
  });

  test('beats while nothing happens, and forgets a client that went', async () => {
    const clock = new FakeClock();
    await using served = await serveAgent({ clock });
    const id = await requested(served);
    const gone = new AbortController();
    const answer = await served.ask(`/api/v1/runs/${id}/events`, { role: 'viewer', signal: gone.signal });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.match((await reader?.read())?.value ?? '', /^event: run\ndata: \{/);

    await clock.advance(15_000);
    assert.equal((await reader?.read())?.value, ': alive\n\n');
    gone.abort();
    await reader?.closed.catch(() => undefined);
    while (served.agent.listeners > 0) await new Promise((resolve) => setImmediate(resolve));

    served.agent.end(id);
    // Stopping waits for what is still sent, by the clock.
    const stopped = served.api.stop(0);
    await clock.advance(2000);
    await stopped;
  });
});

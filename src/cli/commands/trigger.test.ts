import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { serveAgent, type ServedAgent } from '../../../test/harness/agent-api.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { freePort } from '../../../test/harness/free-port.ts';
import { runInProcess, type Ended } from '../../../test/harness/run-in-process.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import { interrupted } from '../../foundation/failure.ts';

let served: ServedAgent;
before(async () => void (served = await serveAgent()));
after(() => served[Symbol.asyncDispose]());

interface TriggerOptions {
  readonly own?: Parameters<typeof runInProcess>[1];
  readonly at?: ServedAgent;
}

function trigger(words: readonly string[], { own = {}, at = served }: TriggerOptions = {}): Promise<Ended> {
  const environment = { ROOTCELLAR_AGENT: at.api.address, ROOTCELLAR_AGENT_TOKEN_FILE: at.tokenFile('operator') };
  return runInProcess(['trigger', ...words], { environment, ...own });
}

/** Resolves to the run that comes into the agent's queue, once somebody follows it. */
async function followedRun(at = served): Promise<string> {
  while (at.agent.listeners === 0 || at.agent.active.size === 0) await new Promise((resolve) => setImmediate(resolve));
  return [...at.agent.active.keys()][0] ?? '';
}

describe('trigger', () => {
  test('puts a run into the queue, with its words, and prints the ID', async () => {
    const { exitCode, output } = await trigger(['verify', '--', '--read-data', 'latest']);

    const run = served.agent.active.get(output.trim());
    assert.equal(exitCode, 0);
    assert.deepEqual([run?.words, run?.by], [['verify', '--read-data', '--', 'latest'], 'operator']);
    served.agent.end(output.trim());
  });

  test('waits with the progress shown, and tells the end', async () => {
    const ended = trigger(['backup', '--wait']);
    const id = await followedRun();
    served.agent.begin(id);
    served.agent.tell(id, { kind: 'begin', step: 'stage userRoot' });
    served.agent.tell(id, { kind: 'end', step: 'stage userRoot', note: '12 entries' });
    served.agent.end(id);

    const { exitCode, output, errorOutput } = await ended;
    assert.equal(exitCode, 0);
    assert.equal(output, `✓ backup: success after 1 min, by ds-0 (run ${id}).\n`);
    assert.match(errorOutput, /^· stage userRoot$/m);
    assert.match(errorOutput, /^✓ stage userRoot: 12 entries/m);
  });

  const failure = { code: 'E_BUSY', message: 'Cannot back up: another run is under way', hint: 'wait for it' };
  const ends: readonly (readonly [string, Partial<RunRecord>, number, string])[] = [
    ['a failure with its own exit code', { outcome: 'failure', exitCode: 20, failure }, 20, failure.message],
    ['a run that was killed with 1', { outcome: 'failure', exitCode: undefined }, 1, ' of backup did not succeed: failure'],
    ['a canceled one with 130', { outcome: 'canceled', exitCode: 130 }, 130, ' of backup did not succeed: canceled'],
    ['a skipped one with 11', { outcome: 'skipped', exitCode: undefined }, 11, ' of backup did not succeed: skipped'],
    ['a partial one with 3', { outcome: 'partial', exitCode: 3 }, 3, ''],
  ];
  for (const [what, record, code, sentence] of ends) {
    test(`ends ${what}`, async () => {
      const ended = trigger(['backup', '--wait']);
      served.agent.end(await followedRun(), record);

      const { exitCode, errorOutput } = await ended;
      assert.equal(exitCode, code);
      assert.ok(errorOutput.includes(sentence), errorOutput);
    });
  }

  test('leaves the run going when it is interrupted, and says so', async () => {
    const stopping = new AbortController();
    const ended = trigger(['backup', '--wait'], withSignal(stopping.signal));
    const id = await followedRun();
    stopping.abort(interrupted('The command'));

    const { exitCode, errorOutput } = await ended;
    assert.equal(exitCode, 130);
    assert.match(errorOutput, new RegExp(`The waiting was interrupted: the run ${id} goes on at the agent\n`));
    assert.deepEqual(served.agent.canceled, []);
    served.agent.end(id);
  });

  test('cancels the run when it is interrupted with --cancel-on-interrupt, and waits for its end', async () => {
    await using own = await serveAgent();
    const stopping = new AbortController();
    const ended = trigger(['backup', '--wait', '--cancel-on-interrupt'], { at: own, ...withSignal(stopping.signal, own) });
    const id = await followedRun(own);
    stopping.abort(interrupted('The command'));
    while (own.agent.canceled.length === 0) await new Promise((resolve) => setImmediate(resolve));
    own.agent.end(id, { outcome: 'canceled', exitCode: 130, failure: { code: 'E_INTERRUPTED', message: 'The backup was interrupted' } });

    const { exitCode, errorOutput } = await ended;
    assert.equal(exitCode, 130);
    assert.match(errorOutput, /The backup was interrupted/);
  });

  test('gives up after --timeout, and the run goes on', async () => {
    const clock = new FakeClock();
    const { environment } = withSignal(new AbortController().signal).own;
    const ended = trigger(['backup', '--wait', '--timeout', '10m'], { own: { clock, environment } });
    const id = await followedRun();
    await clock.advance(600_000);

    const { exitCode, errorOutput } = await ended;
    assert.equal(exitCode, 1);
    assert.match(errorOutput, new RegExp(`The run ${id} did not end within 10 min: it goes on at the agent\n`));
    served.agent.end(id);
  });

  test('asks the agent beside, by the settings from which that one serves', async () => {
    const port = await freePort();
    await using own = await serveAgent({ config: { listen: `127.0.0.1:${port}` } });
    const environment = { ROOTCELLAR_AGENT_LISTEN: `0.0.0.0:${port}`, ROOTCELLAR_AGENT_TOKENS_OPERATOR_FILE: own.tokenFile('operator') };

    const { exitCode, output } = await runInProcess(['trigger', 'prune'], { environment });

    assert.equal(exitCode, 0);
    assert.equal(own.agent.active.get(output.trim())?.job, 'prune');
  });

  test('says what is wrong: no API, an unknown job, a viewer, no token, no agent', async () => {
    const port = await freePort();
    const says = async (words: readonly string[], environment: Record<string, string>) => {
      const { exitCode, errorOutput } = await runInProcess(['trigger', ...words], { environment });
      return [exitCode, errorOutput.split('\n')[0]?.replace('rootcellar: ', '')];
    };
    const there = { ROOTCELLAR_AGENT: served.api.address };

    assert.deepEqual(await says(['backup'], { ROOTCELLAR_AGENT_LISTEN: 'none' }), [
      2,
      'Cannot ask the agent: agent.listen is none, so it serves no API',
    ]);
    assert.deepEqual(await says(['restore'], there), [
      2,
      'Cannot ask for a run: "restore" is not one of backup, verify, drill, forget, prune',
    ]);
    assert.deepEqual(await says(['backup'], { ...there, ROOTCELLAR_AGENT_TOKEN_FILE: served.tokenFile('viewer') }), [
      1,
      'Cannot answer POST /api/v1/runs: it needs the role operator, and who asks has the role viewer',
    ]);
    assert.deepEqual(await says(['backup'], there), [1, 'Cannot answer the request: it shows no token']);
    assert.deepEqual(await says(['backup'], { ROOTCELLAR_AGENT_LISTEN: `127.0.0.1:${port}` }), [
      1,
      `Cannot reach the agent at http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    ]);
    assert.deepEqual(await says(['backup'], { ROOTCELLAR_AGENT: 'http://ds-0.ds:7373' }), [
      2,
      'Cannot use the agent at http://ds-0.ds:7373: without TLS the token could be read on the way',
    ]);
    await writeFile(`${served.folder}/comment`, '# no token\n');
    assert.deepEqual(await says(['backup'], { ...there, ROOTCELLAR_AGENT_TOKEN_FILE: `${served.folder}/comment` }), [
      2,
      `Cannot use the file ${served.folder}/comment of the setting agent.tokenFile: it has no token in it`,
    ]);
  });
});

function withSignal(signal: AbortSignal, at = served) {
  const environment = { ROOTCELLAR_AGENT: at.api.address, ROOTCELLAR_AGENT_TOKEN_FILE: at.tokenFile('operator') };
  return { own: { signal, environment } };
}

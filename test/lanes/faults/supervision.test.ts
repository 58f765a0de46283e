import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { program } from '../../harness/program.ts';
import { eventually } from '../../harness/topology.ts';
import { type BadDays, type Operator, startBadDays, tasksUnderWay } from '../../e2e/bad-days.ts';

const backup = ['backup', '--backend', 'schema'];
const undone = 'The backup of server "ds-0" was interrupted, as REASON: no snapshot was made';
const silent = 'the agent that started it no longer has the right to it, or does not answer';

suite('a backup whose agent is lost', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  let operator: Operator;
  let good: readonly string[];
  before(async () => {
    days = await startBadDays();
    operator = await days.operator('supervised');
    await operator.run(backup);
    good = await operator.verified();
  });
  after(() => days[Symbol.asyncDispose]());

  /** Has the run wait where the store is asked so, before it hears it or before its answer is heard. */
  const holdStore = (method: string, url: RegExp, what: 'request' | 'answer') => {
    const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    days.store.arm({ method, url, after: 0, action: { kind: 'hold', what, reached: arrived.resolve, until: released.promise } });
    return { arrived: arrived.promise, release: released.resolve };
  };

  /** All is as before the run, and the next one has nothing to wait for. */
  const assertUndone = async (): Promise<void> => {
    assert.equal(await tasksUnderWay(days), 0);
    assert.deepEqual(await operator.rests(), []);
    assert.deepEqual(await operator.verified(), good);
    const next = await operator.run(backup);
    assert.doesNotMatch(next.stderr, /waiting|removed what an earlier run left/);
    good = await operator.verified();
  };

  test('killed: the run ends by itself and leaves nothing', async () => {
    const stop = holdStore('PUT', /data\//, 'request');
    const agent = startSupervisor(operator, 60_000, backup);
    await stop.arrived;
    const run = await agent.run();

    process.kill(agent.pid, 'SIGKILL');
    await untilEnded(run);
    stop.release();

    await assertUndone();
  });

  test('standing still: the run ends by itself when its time is over', async () => {
    const stop = holdStore('PUT', /data\//, 'request');
    const agent = startSupervisor(operator, 3000, backup);
    await stop.arrived;
    const run = await agent.run();

    const begin = performance.now();
    process.kill(agent.pid, 'SIGSTOP');
    await untilEnded(run);
    const milliseconds = performance.now() - begin;
    stop.release();
    process.kill(agent.pid, 'SIGCONT');

    const { exitCode, failure, log } = await agent.result();
    assert.ok(milliseconds > 2000, `${milliseconds} ms`);
    assert.deepEqual([exitCode, failure?.code, failure?.message], [130, 'E_SUPERVISOR_LOST', undone.replace('REASON', silent)]);
    assert.ok(
      log.some((line) => line.includes(`stopping, as ${silent}`)),
      log.join('\n'),
    );
    await assertUndone();
  });

  test('the run itself stood still for longer than it may: it makes no snapshot, though its agent is there', async () => {
    const stop = holdStore('PUT', /index\//, 'answer');
    const agent = startSupervisor(operator, 3000, backup);
    await stop.arrived;
    const run = await agent.run();

    process.kill(run, 'SIGSTOP');
    // The answer that it waited for comes while it stands still, and so do the messages of its agent.
    stop.release();
    await delay(3500);
    process.kill(run, 'SIGCONT');

    const { exitCode, failure } = await agent.result();
    assert.deepEqual([exitCode, failure?.code, failure?.message], [130, 'E_SUPERVISOR_LOST', undone.replace('REASON', silent)]);
    await assertUndone();
  });

  test('there all the time: the run is as any other, and ends at once when it is done', async () => {
    const agent = startSupervisor(operator, 3000, backup);
    const { exitCode, failure } = await agent.result();
    assert.deepEqual([exitCode, failure], [0, undefined]);
    const now = await operator.verified();
    assert.deepEqual(now.slice(1), good);
    good = now;
  });

  test('a command with a channel but without an agent takes no notice of it', async () => {
    const child = spawn(process.execPath, [program, 'list', '--quiet'], {
      env: environmentOf(operator),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // A run of an agent would stop at once.
    child.send({ kind: 'held', forMilliseconds: 0 });
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 0);
  });
});

interface Ended {
  readonly exitCode: number | undefined;
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  readonly log: readonly string[];
}

/** A process that starts the run as an agent does; `run` is the run's process. */
function startSupervisor(operator: Operator, milliseconds: number, words: readonly string[]) {
  const supervisor = path.join(import.meta.dirname, '../../harness/supervisor.ts');
  const child = spawn(process.execPath, [supervisor, String(milliseconds), ...words], {
    env: environmentOf(operator),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (printed += piece));
  const closed = once(child, 'close');
  const pid = child.pid ?? assert.fail('it did not start');
  return {
    pid,
    run: async (): Promise<number> => {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      return Number(children.trim().split(' ')[0] ?? assert.fail('it started nothing'));
    },
    result: async (): Promise<Ended> => {
      await closed;
      return JSON.parse(printed) as Ended;
    },
  };
}

function environmentOf({ environment }: Operator): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, LANG: 'C.UTF-8', TZ: 'UTC', ...environment };
}

/** Where nobody waits for it any more, an ended process may stay listed as one that is dead. */
async function untilEnded(pid: number): Promise<void> {
  await eventually(`process ${pid} has ended`, 60_000, async () => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    return stat === undefined || /\) [ZX] /.test(stat);
  });
}

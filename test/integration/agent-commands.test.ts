import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import type { CommandRunner } from '../../src/agent/command-runner.ts';
import type { CommandEvent, KeptCommandDocument, KeptCommandEvent } from '../../src/agent/http/api-schemas.ts';
import type { Role } from '../../src/agent/http/command-gate.ts';
import { KeptCommands } from '../../src/agent/http/kept-commands.ts';
import { agentArchive, runnerWith, type AgentArchive } from '../harness/agent-archive.ts';
import { serveAgent, type ServedAgent } from '../harness/agent-api.ts';
import { FakeClock } from '../harness/fake-clock.ts';
import { HeldRunner } from '../harness/held-runner.ts';
import { commandEvents, keptEvents } from '../harness/stream-events.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';
import { startSilentServer } from '../harness/silent-server.ts';

const largeBytes = 60 * 1024 * 1024;
let folder: TemporaryFolder;
let archive: AgentArchive;
let served: ServedAgent;
before(async () => {
  folder = await temporaryFolder('agent-commands');
  archive = await agentArchive(folder.path, largeBytes);
  served = await serveAgent({ runner: archive.runner });
});
after(async () => {
  await served[Symbol.asyncDispose]();
  await folder.remove();
});

interface Heard {
  readonly stdout: string;
  readonly stderr: string;
  readonly last: CommandEvent | undefined;
}

async function hear(answer: Response): Promise<Heard> {
  const heard = { stdout: '', stderr: '' };
  let last: CommandEvent | undefined;
  for await (const event of commandEvents(answer)) {
    if (event.kind === 'output') heard[event.stream] += event.text ?? Buffer.from(event.base64 ?? '', 'base64').toString();
    last = event;
  }
  return { ...heard, last };
}

const command = (words: readonly string[], own: Parameters<ServedAgent['ask']>[1] = {}) =>
  served.ask('/api/v1/commands', { role: 'restorer', body: { words }, ...own });

describe('POST /api/v1/commands', () => {
  test('passes on what a command prints, on which stream, and its exit code', async () => {
    const list = await hear(await command(['list', '--json']));
    const missing = await hear(await command(['show', 'ffff']));
    const file = await hear(await command(['cat', 'latest', 'data']));

    assert.deepEqual(list.last, { kind: 'end', exitCode: 0, killedBy: null });
    assert.equal((JSON.parse(list.stdout) as unknown[]).length, 2);
    assert.deepEqual(missing.last, { kind: 'end', exitCode: 1, killedBy: null });
    assert.match(missing.stderr, /^rootcellar: .*"ffff"/);
    assert.equal(file.stdout, 'some bytes\n');
  });

  test('stops a command as Ctrl-C does, and tells its end', async () => {
    await using never = await startSilentServer();
    await using slow = await serveAgent({ runner: runnerWith(hangingAt(never.port), folder.path) });
    const answer = await slow.ask('/api/v1/commands', { role: 'viewer', body: { words: ['list'] } });
    const events = commandEvents(answer);
    const begin = (await events.next()).value as CommandEvent & { kind: 'begin' };
    await never.connected;

    const cancel = (id: string) => slow.ask(`/api/v1/commands/${id}/cancel`, { role: 'viewer', method: 'POST' });
    assert.equal((await cancel('another')).status, 404);
    assert.equal((await cancel(begin.id)).status, 202);

    const rest = await Array.fromAsync(events);
    assert.deepEqual(rest.at(-1), { kind: 'end', exitCode: 130, killedBy: null });
    assert.equal((await cancel(begin.id)).status, 404);
  });

  test('stops the command of a client that went', async () => {
    await using never = await startSilentServer();
    await using slow = await serveAgent({ runner: runnerWith(hangingAt(never.port), folder.path) });
    const gone = new AbortController();
    await slow.ask('/api/v1/commands', { role: 'viewer', body: { words: ['list'] }, signal: gone.signal });
    await never.connected;

    gone.abort();

    // The process ends, and with it its connection.
    await never.left;
    while (!slow.log.some((line) => line.startsWith('info command ended'))) await pause(5);
    assert.match(slow.log.join('\n'), /info command ended .*"exitCode":130/);
  });

  test('lets a slow client slow the command, and holds little of what waits', async () => {
    let passed = 0;
    const counting: CommandRunner = {
      run: (words, options) =>
        archive.runner.run(words, {
          ...options,
          onOutput: (chunk) => {
            passed += chunk.bytes.byteLength;
            return options.onOutput?.(chunk);
          },
        }),
    };
    await using slow = await serveAgent({ runner: counting });
    const body = { words: ['cat', 'latest', 'large', '--binary'] };
    const reader = (await slow.ask('/api/v1/commands', { role: 'restorer', body })).body?.getReader();
    // The client reads nothing more until what comes has come to rest.
    for (let before = -1; passed === 0 || passed !== before; await pause(300)) before = passed;

    assert.ok(passed < largeBytes / 3, `${passed} bytes were taken from the command`);
    let bytes = 0;
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) bytes += piece.value.byteLength;
    assert.ok(passed >= largeBytes && bytes > passed, `${passed}, ${bytes}`);
  });

  test('runs 16 at once and refuses the next', async () => {
    await using never = await startSilentServer();
    await using slow = await serveAgent({ runner: runnerWith(hangingAt(never.port), folder.path) });
    const gone = new AbortController();
    const ask = () => slow.ask('/api/v1/commands', { role: 'viewer', body: { words: ['list'] }, signal: gone.signal });
    const answers = await Promise.all(Array.from({ length: 17 }, ask));

    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [...Array<number>(16).fill(200), 429],
    );
    const refused = answers.find(({ status }) => status === 429);
    assert.equal(
      ((await refused?.json()) as { message: string } | undefined)?.message,
      'Cannot run list: 16 commands run already for clients of this agent',
    );
    gone.abort();
  });
});

describe('POST /api/v1/commands, kept', () => {
  const begin = async (at: ServedAgent, words: readonly string[], role: Role = 'viewer'): Promise<string> => {
    const answer = await at.ask('/api/v1/commands', { role, body: { words, isKept: true } });
    const { id, state } = (await answer.json()) as KeptCommandDocument;
    assert.deepEqual([answer.status, state, answer.headers.get('location')], [202, 'running', `/api/v1/commands/${id}`]);
    return id;
  };
  const follow = async (at: ServedAgent, id: string, own: Parameters<ServedAgent['ask']>[1] = {}) =>
    keptEvents(await at.ask(`/api/v1/commands/${id}/events`, { role: 'viewer', ...own }));

  test('goes on without its client, and tells its document to whoever looks', async () => {
    const id = await begin(served, ['list']);

    const events = await Array.fromAsync(await follow(served, id));
    const [first, last] = [events[0], events.at(-1)];
    assert.ok(first?.kind === 'command' && last?.kind === 'end');
    const { command } = last;
    assert.deepEqual([first.command.id, command.state, command.exitCode, (command.result as unknown[]).length], [id, 'ended', 0, 2]);
    const one = (await (await served.ask(`/api/v1/commands/${id}`, { role: 'viewer' })).json()) as KeptCommandDocument;
    const list = (await (await served.ask('/api/v1/commands', { role: 'viewer' })).json()) as { commands: KeptCommandDocument[] };
    assert.deepEqual(one, command);
    const { result: _result, ...summary } = one;
    assert.deepEqual(list.commands[0], summary);
    // Whoever comes later hears the whole of it too.
    const later = await Array.fromAsync(await follow(served, id));
    assert.deepEqual(
      later.map(({ kind }) => kind),
      ['command', 'end'],
    );
  });

  test('outlives the client that follows it, which begins again with all that was so far', async () => {
    const runner = new HeldRunner();
    await using held = await serveAgent({ runner });
    const id = await begin(held, ['list']);
    const gone = new AbortController();
    const before = await follow(held, id, { signal: gone.signal });
    assert.equal((await before.next()).value?.kind, 'command');
    runner.runs[0]?.options.onProgress?.({ kind: 'begin', step: 'read', total: 5 });
    assert.deepEqual((await before.next()).value, { kind: 'progress', event: { kind: 'begin', step: 'read', total: 5 } });
    gone.abort();
    await assert.rejects(before.next());

    const again = await follow(held, id);
    const first = (await again.next()).value as KeptCommandEvent & { kind: 'command' };
    assert.deepEqual([first.command.state, first.command.steps.map(({ step, total }) => [step, total])], ['running', [['read', 5]]]);
    runner.runs[0]?.end({ result: [] });
    assert.equal((await again.next()).value?.kind, 'end');
    assert.equal((await again.next()).done, true);
  });

  test('is canceled as Ctrl-C does it, by those who may run it; others do not see it', async () => {
    await using never = await startSilentServer();
    await using slow = await serveAgent({ runner: runnerWith(hangingAt(never.port), folder.path) });
    const id = await begin(slow, ['verify'], 'operator');
    await never.connected;

    for (const path of [`/api/v1/commands/${id}`, `/api/v1/commands/${id}/events`]) {
      const answer = await slow.ask(path, { role: 'viewer' });
      assert.equal(answer.status, 404);
      assert.equal(
        ((await answer.json()) as { message: string }).message,
        `Cannot find the command ${id}: none that this role may see was kept by this agent`,
      );
    }
    assert.equal((await slow.ask(`/api/v1/commands/${id}/cancel`, { role: 'viewer', method: 'POST' })).status, 404);
    assert.equal((await slow.ask(`/api/v1/commands/${id}/cancel`, { role: 'operator', method: 'POST' })).status, 202);
    const last = (await Array.fromAsync(await follow(slow, id, { role: 'restorer' }))).at(-1);
    assert.ok(last?.kind === 'end');
    assert.deepEqual([last.command.exitCode, last.command.failure?.code], [130, 'E_INTERRUPTED']);
  });

  test('does not keep what is larger than 1 MiB, and says so', async () => {
    const id = await begin(served, ['cat', 'latest', 'large', '--binary'], 'restorer');

    const last = (await Array.fromAsync(await follow(served, id, { role: 'restorer' }))).at(-1);
    assert.ok(last?.kind === 'end');
    assert.deepEqual([last.command.exitCode, 'result' in last.command], [0, false]);
    assert.deepEqual(last.command.notes.at(-1), {
      level: 'warning',
      text: 'The document that it printed is larger than 1 MiB and was not kept',
    });
  });

  test('needs the role of its command', async () => {
    const answer = await served.ask('/api/v1/commands', { role: 'viewer', body: { words: ['verify'], isKept: true } });

    assert.equal(answer.status, 403);
  });

  test('is stopped by drain() after its grace, and goes on when only the API is closed', async () => {
    const clock = new FakeClock();
    const runner = new HeldRunner();
    const kept = new KeptCommands({
      clock,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const before = await serveAgent({ runner, kept });
    const id = await begin(before, ['list']);
    const following = await follow(before, id);
    await before.api.stop(0);
    // What followed it is told nothing wrong: it ends, and asks the next one.
    assert.deepEqual(
      (await Array.fromAsync(following)).map(({ kind }) => kind),
      ['command'],
    );
    assert.equal(runner.runs[0]?.options.signal?.aborted, false);

    await using after = await serveAgent({ runner, kept });
    assert.equal((await after.ask(`/api/v1/commands/${id}`, { role: 'viewer' })).status, 200);
    const drained = after.api.drain(60_000);
    assert.equal((await after.ask('/api/v1/commands', { role: 'viewer', body: { words: ['list'], isKept: true } })).status, 503);
    await clock.advance(60_000);
    await drained;
    const { state, failure } = (await (await after.ask(`/api/v1/commands/${id}`, { role: 'viewer' })).json()) as KeptCommandDocument;
    assert.deepEqual([state, failure?.code], ['ended', 'E_INTERRUPTED']);
    await before[Symbol.asyncDispose]();
  });
});

describe('AgentApi.drain()', () => {
  test('takes no more commands, stops those that run after its grace, and answers all else', async () => {
    await using never = await startSilentServer();
    await using slow = await serveAgent({ runner: runnerWith(hangingAt(never.port), folder.path) });
    const list = { role: 'viewer', body: { words: ['list'] } } as const;
    const events = commandEvents(await slow.ask('/api/v1/commands', list));
    await events.next();
    await never.connected;

    const drained = slow.api.drain(300);
    const refused = await slow.ask('/api/v1/commands', list);
    const status = await slow.ask('/api/v1/status', { role: 'viewer' });
    await drained;

    assert.deepEqual([refused.status, status.status], [503, 200]);
    assert.equal(((await refused.json()) as { code: string }).code, 'E_AGENT_STOPPING');
    assert.deepEqual((await Array.fromAsync(events)).at(-1), { kind: 'end', exitCode: 130, killedBy: null });
    assert.equal((await slow.ask('/healthz')).status, 200);
  });
});

describe('AgentApi.stop()', () => {
  test('takes no more, waits out its grace, stops the commands and leaves no process', async () => {
    await using never = await startSilentServer();
    await using slow = await serveAgent({ runner: runnerWith(hangingAt(never.port), folder.path) });
    const events = commandEvents(await slow.ask('/api/v1/commands', { role: 'viewer', body: { words: ['list'] } }));
    await events.next();
    await never.connected;

    await slow.api.stop(100);

    const rest = await Array.fromAsync(events);
    assert.deepEqual(rest.at(-1), { kind: 'end', exitCode: 130, killedBy: null });
    assert.equal(
      execFileSync('ps', ['-o', 'ppid=', '-A'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.trim() === String(process.pid)).length,
      1,
    );
    await assert.rejects(slow.ask('/healthz'));
  });
});

function hangingAt(port: number): Record<string, string> {
  return {
    ...archive.environment,
    ROOTCELLAR_ARCHIVE: 's3://nowhere/x',
    ROOTCELLAR_S3_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
    AWS_REGION: 'us-east-1',
  };
}

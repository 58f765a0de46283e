import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import type { CommandRunner } from '../../src/agent/command-runner.ts';
import type { CommandEvent } from '../../src/agent/http/api-schemas.ts';
import { agentArchive, runnerWith, type AgentArchive } from '../harness/agent-archive.ts';
import { serveAgent, type ServedAgent } from '../harness/agent-api.ts';
import { commandEvents } from '../harness/stream-events.ts';
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

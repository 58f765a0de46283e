import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { serveAgent, type ServedAgent } from '../../test/harness/agent-api.ts';
import { EchoRunner } from '../../test/harness/example-agent.ts';
import { answerJson, startLoopbackServer } from '../../test/harness/loopback-server.ts';
import { runInProcess, type Ended } from '../../test/harness/run-in-process.ts';
import type { CommandOptions, CommandResult, CommandRunner } from '../agent/command-runner.ts';
import { interrupted } from '../foundation/failure.ts';

const id = '3f2a'.padEnd(64, '0');

/** Answers `show` as the command does, and all else with its words; ends with the given exit code. */
class PlanningRunner implements CommandRunner {
  readonly asked: string[] = [];
  exitCode = 0;

  async run(words: readonly string[], { onOutput }: CommandOptions): Promise<CommandResult> {
    this.asked.push(words.join(' '));
    const isShow = words.includes('show');
    await onOutput?.({ stream: 'stdout', bytes: Buffer.from(isShow ? JSON.stringify({ id }) : `did: ${words.join(' ')}\n`) });
    return { exitCode: isShow ? 0 : this.exitCode, killedBy: undefined, result: undefined, failure: undefined, log: [] };
  }
}

function atAgent(served: ServedAgent, words: readonly string[], own: Parameters<typeof runInProcess>[1] = {}): Promise<Ended> {
  const environment = { ROOTCELLAR_AGENT_TOKEN_FILE: served.tokenFile('restorer') };
  return runInProcess(['--agent', served.api.address, ...words], { environment, ...own });
}

describe('--agent', () => {
  test('runs the command there, with the words that were understood and the manner that was asked for', async () => {
    const runner = new EchoRunner();
    await using served = await serveAgent({ runner });

    const { exitCode, output } = await atAgent(served, ['diff', 'latest~1', 'latest', '--metadata', '--json', '--server', 'a b']);

    assert.equal(exitCode, 0);
    const asked = ['--json', 'diff', '--metadata', '--server=a b', '--', 'latest~1', 'latest'];
    assert.deepEqual([JSON.parse(output), runner.asked], [asked, [asked]]);
  });

  test('refuses settings of the agent, takes its own, and reads a file that has no archive in it', async () => {
    await using served = await serveAgent();
    const file = `${served.folder}/rootcellar.yaml`;
    await writeFile(file, `agent:\n  tokenFile: ${served.tokenFile('viewer')}\n`);

    const refused = await atAgent(served, ['list', '--archive', '/tmp/x']);
    const fromFile = await atAgent(served, ['list', '--config', file, '--log-level', 'debug'], { environment: {} });

    assert.deepEqual(
      [refused.exitCode, refused.errorOutput],
      [
        2,
        'rootcellar: Cannot use --archive with an agent: it has settings of its own\n  → leave it out, or run the command without --agent\n',
      ],
    );
    assert.equal(fromFile.exitCode, 0, fromFile.errorOutput);
  });

  test('tells what the agent refuses in its own words', async () => {
    await using served = await serveAgent();
    const environment = { ROOTCELLAR_AGENT_TOKEN_FILE: served.tokenFile('viewer') };

    const { exitCode, errorOutput } = await atAgent(served, ['backup'], { environment });
    const local = await atAgent(served, ['archive', '/etc']);

    assert.deepEqual(
      [exitCode, errorOutput],
      [
        1,
        'rootcellar: Cannot run "backup": it needs the role operator, and who asks has the role viewer\n' +
          '  → show a token of the file that agent.tokens.operatorFile names\n',
      ],
    );
    assert.deepEqual(
      [local.exitCode, local.errorOutput.split('\n')[0]],
      [
        2,
        'rootcellar: Cannot run it by way of an agent with "archive": it would archive a folder of the agent\'s machine, whatever is in it',
      ],
    );
  });

  test('named by the variable alone leaves here what needs neither archive nor server', async () => {
    const environment = { ROOTCELLAR_AGENT: 'http://127.0.0.1:1' };

    const [explain, version, list] = [
      await runInProcess(['explain', 'E_AGENT_UNREACHABLE'], { environment }),
      await runInProcess(['version'], { environment }),
      await runInProcess(['list'], { environment }),
    ];

    assert.deepEqual([explain.exitCode, version.exitCode, list.exitCode], [0, 0, 1]);
    assert.match(list.errorOutput, /^rootcellar: Cannot reach the agent at http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/);
  });

  test('shows the plan first, asks here, and restores the snapshot that the plan was of', async () => {
    const runner = new PlanningRunner();
    await using served = await serveAgent({ runner });
    const questions: string[] = [];
    const ask = async (question: string): Promise<string> => {
      questions.push(question);
      assert.equal(runner.asked.length, 2, 'nothing is done before the answer');
      return 'yes';
    };

    const { exitCode, output } = await atAgent(served, ['restore', 'latest', '--backend', 'userRoot'], { ask });

    assert.equal(exitCode, 0);
    assert.deepEqual(questions, ['Type yes to restore --backend=userRoot latest at the agent ds-0: ']);
    assert.deepEqual(runner.asked, [
      '--json show -- latest',
      `restore --plan --backend=userRoot -- ${id}`,
      `restore --yes --backend=userRoot -- ${id}`,
    ]);
    assert.equal(
      output,
      runner.asked
        .slice(1)
        .map((words) => `did: ${words}\n`)
        .join(''),
    );
  });

  test('asks for the name of the group before a topology is restored, and does nothing at another answer', async () => {
    const runner = new PlanningRunner();
    await using served = await serveAgent({ runner });
    const ask = async (question: string): Promise<string> => {
      assert.equal(question, 'Type directory to restore --topology latest at the agent ds-0: ');
      return 'yes';
    };

    const { exitCode, errorOutput } = await atAgent(served, ['restore', 'latest', '--topology'], { ask });

    assert.equal(exitCode, 1);
    assert.match(errorOutput, /Did not restore --topology latest at the agent ds-0: the answer was not directory/);
    assert.ok(runner.asked.every((words) => !words.includes('--yes')));
  });

  test('needs --yes without a terminal, and takes the exit code of a plan that fails', async () => {
    const runner = new PlanningRunner();
    await using served = await serveAgent({ runner });

    const unasked = await atAgent(served, ['roll-back']);
    const agreed = await atAgent(served, ['restore', 'latest', '--yes']);
    runner.exitCode = 20;
    const failed = await atAgent(served, ['restore', 'latest'], { ask: () => assert.fail('nothing is to be asked') });

    assert.equal(unasked.exitCode, 2);
    assert.match(unasked.errorOutput, /Cannot roll-back at the agent ds-0 without a confirmation: there is no terminal to ask at/);
    assert.equal(agreed.exitCode, 0);
    assert.equal(failed.exitCode, 20);
    assert.ok(runner.asked.includes('restore --yes -- latest'));
  });

  test('cancels the command there when it is interrupted, and tells its end', async () => {
    const runner: CommandRunner = {
      run: async (_, { signal, onOutput }) => {
        await onOutput?.({ stream: 'stderr', bytes: Buffer.from('under way\n') });
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        await onOutput?.({ stream: 'stderr', bytes: Buffer.from('undone: nothing is left behind\n') });
        return { exitCode: 130, killedBy: undefined, result: undefined, failure: undefined, log: [] };
      },
    };
    await using served = await serveAgent({ runner });
    const stopping = new AbortController();
    const environment = { ROOTCELLAR_AGENT_TOKEN_FILE: served.tokenFile('operator') };
    let told = '';
    const write = (text: string): void => {
      told += text;
      if (told.includes('under way')) stopping.abort(interrupted('The command'));
    };
    const errorOutput = {
      write,
      writeBytes: async (bytes: Uint8Array) => {
        write(Buffer.from(bytes).toString());
        return true;
      },
      isTerminal: false,
      columns: () => 80,
    };

    const { exitCode } = await atAgent(served, ['backup'], { environment, signal: stopping.signal, errorOutput });

    assert.equal(exitCode, 130);
    assert.match(told, /under way\n[\s\S]*undone: nothing is left behind\n$/);
  });

  test('says when the agent dies in the middle, when its command is killed, and when something else answers', async () => {
    const killed: CommandRunner = {
      run: async () => ({ exitCode: undefined, killedBy: 'SIGKILL', result: undefined, failure: undefined, log: [] }),
    };
    await using served = await serveAgent({ runner: killed });
    await using other = await startLoopbackServer((_, response) => answerJson(response, { hello: 'there' }));
    await using angry = await startLoopbackServer((_, response) => void response.writeHead(502).end('<html>'));
    const server = net.createServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const line = '{"kind":"begin","id":"x","command":"list"}\n';
        socket.write(`${line.length.toString(16)}\r\n${line}\r\n`, () => socket.destroy());
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using dying = {
      url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
      [Symbol.asyncDispose]: async () => void server.close(),
    };
    const says = async (url: string): Promise<string | undefined> => {
      const environment = { ROOTCELLAR_AGENT_TOKEN_FILE: served.tokenFile('viewer') };
      const { exitCode, errorOutput } = await runInProcess(['--agent', url, 'list'], { environment });
      assert.equal(exitCode, 1);
      return errorOutput.split('\n')[0]?.replace('rootcellar: ', '');
    };

    assert.equal(await says(served.api.address), 'The command ended early at the agent: its process was killed (SIGKILL)');
    assert.equal(await says(other.url), `Cannot understand what answers at ${other.url}: what it sent is no CommandEvent of this version`);
    assert.equal(await says(angry.url), `Cannot understand what answers at ${angry.url}: it answered with 502 and no failure of an agent`);
    assert.equal(
      await says(dying.url),
      `The connection to the agent at ${dying.url} broke before the end (aborted): what it does is not known`,
    );
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { newToken, serveAgent, type ServedAgent } from '../../../test/harness/agent-api.ts';
import { isFailure } from '../../foundation/failure.ts';

let served: ServedAgent;
before(async () => void (served = await serveAgent()));
after(() => served[Symbol.asyncDispose]());

async function told(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  return (await answer.json()) as Readonly<Record<string, unknown>>;
}

describe('startAgentApi()', () => {
  test('answers /healthz, /readyz and /metrics to anybody', async () => {
    assert.deepEqual(await told(await served.ask('/healthz')), { isAlive: true });
    assert.deepEqual(await told(await served.ask('/readyz')), { isReady: true });
    const metrics = await served.ask('/metrics');
    assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4');
    assert.equal(await metrics.text(), 'rootcellar_up 1\n');
  });

  test('is not ready while the archive does not answer, and keeps to itself what it said', async () => {
    await using own = await serveAgent();
    own.agent.trouble = 'Cannot list s3://secret-place/x: connection refused';

    const answer = await own.ask('/readyz');

    assert.equal(answer.status, 503);
    assert.deepEqual(await told(answer), {
      code: 'E_AGENT_NOT_READY',
      message: 'Cannot work now: the archive does not answer',
      hint: 'see what "rootcellar --agent URL status" and the log say',
      exitCode: 1,
    });
  });

  test('refuses /api/v1 with 403 and the settings to set, where no token file is set', async () => {
    await using own = await serveAgent({ hasTokens: false });

    const answer = await own.ask('/api/v1/status', { role: 'restorer' });

    assert.equal(answer.status, 403);
    assert.deepEqual(await told(answer), {
      code: 'E_AGENT_NO_TOKENS',
      message: 'Cannot answer below /api/v1: no file of tokens is set, so nobody may',
      hint: 'set agent.tokens.viewerFile, agent.tokens.operatorFile or agent.tokens.restorerFile to a file with a token a line',
      exitCode: 1,
    });
    assert.equal((await own.ask('/healthz')).status, 200);
  });

  test('refuses a request without a token, or with one that nobody gave, with 401, also for paths that are not there', async () => {
    for (const path of ['/api/v1/status', '/api/v1/nothing', '/api/v1/openapi.json']) {
      const none = await served.ask(path);
      const wrong = await served.ask(path, { headers: { authorization: `Bearer ${newToken()}` } });

      assert.deepEqual([none.status, wrong.status], [401, 401]);
      assert.equal(none.headers.get('www-authenticate'), 'Bearer realm="rootcellar"');
      assert.equal((await told(none))['message'], 'Cannot answer the request: it shows no token');
      assert.equal((await told(wrong))['message'], 'Cannot answer the request: the token that it shows is none that this agent knows');
    }
  });

  test('takes every token of a file, and those of a file that changed from the next request on', async () => {
    await using own = await serveAgent();
    const [first, second] = [newToken(), newToken()];
    const status = async (token: string): Promise<number> =>
      (await own.ask('/api/v1/status', { headers: { authorization: `Bearer ${token}` } })).status;
    assert.deepEqual([await status(own.tokens.viewer), await status(first)], [200, 401]);

    await writeFile(`${own.tokenFile('viewer')}.new`, `# for the console\n${first}\n\n${second}\n`);
    await rename(`${own.tokenFile('viewer')}.new`, own.tokenFile('viewer'));

    assert.deepEqual([await status(own.tokens.viewer), await status(first), await status(second)], [401, 200, 200]);
    await rm(own.tokenFile('viewer'));
    assert.equal(await status(first), 401);
    assert.ok(own.log.some((line) => line.startsWith('warn no token of this role is accepted')));
  });

  test('does not start with a token file that is empty, missing, or has a token of few characters', async () => {
    for (const [content, state] of [
      ['\n# nothing\n', 'there is no token in it'],
      ['short\n', 'a token in it has fewer than 16 characters'],
      [undefined, 'there is no such file'],
    ] as const) {
      await using own = await serveAgent();
      const file = `${own.folder}/own`;
      if (content !== undefined) await writeFile(file, content);
      const tokens = { viewerFile: file, operatorFile: undefined, restorerFile: undefined };

      await assert.rejects(serveAgent({ config: { tokens } }), (error) => {
        assert.ok(isFailure(error, 'E_AGENT_TOKEN_FILE'));
        assert.equal(error.exitCode, 2);
        assert.equal(error.message, `Cannot read the file ${file} of the setting agent.tokens.viewerFile: ${state}`);
        return true;
      });
    }
  });

  test('answers no request for another host on a loopback address', async () => {
    for (const host of ['attacker.example', 'attacker.example:80', '127.0.0.1.attacker.example', '169.254.169.254', '[::2]:80']) {
      assert.equal(await statusWithHost(host), 421, host);
    }
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:7373', '[::1]:7373']) assert.equal(await statusWithHost(host), 200, host);
  });

  test('listens beyond loopback only with TLS', async () => {
    await assert.rejects(serveAgent({ config: { listen: '0.0.0.0:0' } }), {
      code: 'E_USAGE',
      exitCode: 2,
      message: 'Cannot listen on 0.0.0.0: without TLS the API is served on a loopback address only, as tokens would be read on the way',
    });
  });

  test('says who is in the way where the port is taken', async () => {
    const { port } = new URL(served.api.address);

    await assert.rejects(serveAgent({ config: { listen: `127.0.0.1:${port}` } }), {
      code: 'E_AGENT_LISTEN',
      exitCode: 1,
      message: `Cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
    });
  });

  test('refuses what is no request of its own: path, method, body', async () => {
    const ask = async (path: string, options: Parameters<ServedAgent['ask']>[1]) => {
      const answer = await served.ask(path, { role: 'operator', ...options });
      return [answer.status, (await told(answer))['message']];
    };
    const headers = { 'content-type': 'text/plain' };

    assert.deepEqual(await ask('/api/v1/x', {}), [404, 'Cannot answer the request: there is no such path']);
    assert.deepEqual(await ask('/api/v1/status', { method: 'DELETE' }), [405, 'Cannot answer the request: the path takes another method']);
    assert.deepEqual(await ask('/api/v1/runs', { body: '{}', headers }), [
      415,
      'Cannot answer the request: its body is not application/json',
    ]);
    assert.deepEqual(await ask('/api/v1/runs', { body: '{"job":' }), [400, 'Cannot answer the request: its body is no JSON in UTF-8']);
    assert.deepEqual(await ask('/api/v1/runs', { body: { job: 'backup', words: ['x'.repeat(70_000)] } }), [
      413,
      'Cannot answer the request: its body is larger than 65536 bytes',
    ]);
    const [status, message] = await ask('/api/v1/runs', { body: { job: 'restore' } });
    assert.equal(status, 400);
    assert.match(String(message), /^Cannot answer the request: its body is wrong at job: /);
    assert.equal((await ask('/api/v1/runs?limit=0', {}))[0], 400);
    assert.equal((await ask('/api/v1/runs?limt=1', {}))[0], 400);
    assert.equal((await ask('/api/v1/commands', { body: { words: ['list', 'a\0b'] } }))[0], 400);
  });

  test('sends with every answer what keeps a browser from storing, framing or guessing it, and allows no foreign page', async () => {
    for (const path of ['/healthz', '/api/v1/status', '/nothing']) {
      const { headers } = await served.ask(path, { role: 'viewer', headers: { origin: 'https://attacker.example' } });

      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'");
      assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });

  test('lets go of a client that takes its time with the request', async () => {
    await using own = await serveAgent({ limits: { headers: 300, request: 600 } });
    const slow = async (begin: string): Promise<string> => {
      const socket = net.connect(Number(new URL(own.api.address).port), '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
      socket.write(begin);
      await once(socket, 'close');
      return answer;
    };

    assert.match(await slow('GET /healthz HTTP/1.1\r\nHost: localh'), /^HTTP\/1\.1 408 /);
    const head = `POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${own.tokens.operator}\r\n`;
    assert.match(await slow(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"job`), /^HTTP\/1\.1 4\d\d /);
    assert.equal((await own.ask('/healthz')).status, 200);
  });
});

function statusWithHost(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .get(`${served.api.address}/healthz`, { headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      })
      .on('error', reject);
  });
}

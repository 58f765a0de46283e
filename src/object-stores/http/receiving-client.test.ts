import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { type TestContext, test } from 'node:test';

import { ReceivingClient } from './receiving-client.ts';
import { BodyCut, type GetRequest } from './receiving-connection.ts';

const answer = (body: string, ...headers: readonly string[]): string =>
  [`HTTP/1.1 200 OK`, `content-length: ${body.length}`, ...headers, '', body].join('\r\n');

/** A server that does with each request on each connection what it is told to; `connections` counts them. */
async function serving(
  context: TestContext,
  ...turns: readonly ((socket: net.Socket, request: string) => void)[]
): Promise<{
  readonly request: GetRequest;
  readonly client: ReceivingClient;
  readonly seen: string[];
  readonly connections: () => number;
}> {
  const seen: string[] = [];
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      seen.push(bytes.toString());
      turns[seen.length - 1]?.(socket, bytes.toString());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ReceivingClient({ connectTimeoutMilliseconds: 2000, requestTimeoutMilliseconds: 300 });
  context.after(() => {
    client.close();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  const request = { protocol: 'http:', hostname: '127.0.0.1', port, target: '/a/b?c=d', headers: { host: 'store' } };
  return { request, client, seen, connections: () => connections };
}

const get = (client: ReceivingClient, request: GetRequest, bytes = 100, signal?: AbortSignal) =>
  client.get(request, new Uint8Array(new SharedArrayBuffer(bytes)), signal);

const bodyOf = (received: Awaited<ReturnType<typeof get>>): string | undefined => received && Buffer.from(received.body).toString();

test('get() puts the body into the memory that is given, however it comes, and uses the connection again', async (context) => {
  const { request, client, seen, connections } = await serving(
    context,
    (socket) => {
      socket.setNoDelay(true);
      const pieces = answer('first body').match(/[^]{1,7}/g) ?? [];
      const next = (): void => {
        const piece = pieces.shift();
        if (piece !== undefined) socket.write(piece, () => setImmediate(next));
      };
      next();
    },
    (socket) => socket.write(answer('second')),
  );
  const into = new Uint8Array(new SharedArrayBuffer(100));
  const first = await client.get(request, into, undefined);
  assert.equal(bodyOf(first), 'first body');
  assert.equal(first?.body.buffer, into.buffer);
  assert.equal(bodyOf(await get(client, request)), 'second');
  assert.equal(connections(), 1);
  assert.equal(seen[0], 'GET /a/b?c=d HTTP/1.1\r\nhost: store\r\nconnection: keep-alive\r\n\r\n');
});

test('get() gives a refusal in memory of its own, larger than what was given', async (context) => {
  const text = 'x'.repeat(200);
  const { request, client } = await serving(context, (socket) => socket.write(answer(text).replace('200 OK', '503 Slow Down')));
  const received = await get(client, request);
  assert.deepEqual([received?.head.status, bodyOf(received)], [503, text]);
});

test('get() opens another connection where one was closed that nobody used, and after an answer that says so', async (context) => {
  const { request, client, connections } = await serving(
    context,
    (socket) => socket.write(answer('a')),
    // As if it had closed it before the request came.
    (socket) => socket.destroy(),
    (socket) => socket.write(answer('b', 'connection: close')),
    (socket) => socket.write(answer('c')),
  );
  for (const expected of ['a', 'b', 'c']) assert.equal(bodyOf(await get(client, request)), expected);
  assert.equal(connections(), 3);
});

for (const [what, text] of [
  ['is chunked', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n'],
  ['does not fit', answer('x'.repeat(101))],
  ['is longer than it says', `${answer('x')}HTTP/1.1`],
] as const) {
  test(`get() leaves an answer that ${what} to others, and does not use that connection again`, async (context) => {
    const { request, client, connections } = await serving(
      context,
      (socket) => socket.write(text),
      (socket) => socket.write(answer('a')),
    );
    assert.equal(await get(client, request), undefined);
    assert.equal(bodyOf(await get(client, request)), 'a');
    assert.equal(connections(), 2);
  });
}

test('get() says how much of a body came before it was cut, or fell silent', async (context) => {
  const part = answer('x'.repeat(50)).slice(0, -20);
  const { request, client } = await serving(
    context,
    (socket) => socket.end(part),
    (socket) => socket.write(part),
  );
  for (let turn = 0; turn < 2; turn += 1) {
    await assert.rejects(get(client, request), (error) => {
      assert.ok(error instanceof BodyCut);
      assert.deepEqual([error.received, error.expected], [30, 50]);
      return true;
    });
  }
});

test('get() rejects with the reason of an abort, before, while it waits, and in the middle of a body', async (context) => {
  const controller = new AbortController();
  const { request, client } = await serving(context, (socket) => socket.write(answer('x'.repeat(50)).slice(0, -20)));
  await assert.rejects(get(client, request, 100, AbortSignal.abort(new Error('before'))), /^Error: before$/);
  const reading = get(client, request, 100, controller.signal);
  setTimeout(() => controller.abort(new Error('told to stop')), 30);
  await assert.rejects(reading, /^Error: told to stop$/);
});

test('get() names a silent server a time-out, and a closed port as the system does', async (context) => {
  const { request, client } = await serving(context);
  await assert.rejects(get(client, request), { name: 'TimeoutError' });
  const closed = net.createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as net.AddressInfo;
  closed.close();
  await once(closed, 'close');
  await assert.rejects(get(client, { ...request, port }), { code: 'ECONNREFUSED', port });
});

test('get() does not take for an answer what a server sends unasked', async (context) => {
  const { request, client, connections } = await serving(
    context,
    (socket) => {
      socket.write(answer('a'));
      setTimeout(() => socket.write(answer('forged')), 20);
    },
    (socket) => socket.write(answer('b')),
  );
  assert.equal(bodyOf(await get(client, request)), 'a');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(bodyOf(await get(client, request)), 'b');
  assert.equal(connections(), 2);
});

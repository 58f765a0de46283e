import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Certificate } from './certificates.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** The statuses of the next answers; 200 after them. `hang`: none comes. */
  answers: (number | 'hang')[];
  /** Resolves with the `count`-th request, counted from 1, when it is there. */
  received(count: number): Promise<ReceivedRequest>;
}

/** An HTTP or HTTPS server that keeps what it is sent. */
export async function startReceiver(
  options: { readonly certificate?: Certificate; readonly port?: number; readonly body?: Uint8Array } = {},
): Promise<Receiver> {
  const { certificate, port = 0, body } = options;
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<() => void>();
  const take: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, path: url, headers, body: Buffer.concat(chunks) });
      const answer = receiver.answers.shift() ?? 200;
      if (answer !== 'hang') response.writeHead(answer, answer === 301 ? { location: '/elsewhere' } : {}).end(body ?? `answer ${answer}`);
      for (const look of waiting) look();
    });
  };
  const server =
    certificate === undefined
      ? http.createServer(take)
      : https.createServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem }, take);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  const receiver: Receiver = {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    requests,
    answers: [],
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          const request = requests[count - 1];
          if (request === undefined) return;
          waiting.delete(look);
          resolve(request);
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return receiver;
}

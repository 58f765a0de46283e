import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

export interface ForwardProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, as HTTPS_PROXY and HTTP_PROXY take it. */
  readonly url: string;
  /** `host:port` of each connection that was asked for, by CONNECT or by a request with a whole address. */
  readonly targets: string[];
}

/** A forward proxy as companies have it: tunnels on CONNECT, and passes on plain HTTP. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const targets: string[] = [];
  const sockets = new Set<net.Socket>();
  const proxy = http.createServer(passOn(targets)).on('connect', (request, client: net.Socket, head: Buffer) => {
    targets.push(request.url ?? '');
    const [host = '', port] = (request.url ?? '').split(':');
    const upstream = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => socket.destroy()));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    targets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      proxy.closeAllConnections();
      await once(proxy, 'close');
    },
  };
}

function passOn(targets: string[]): http.RequestListener {
  return (request, response) => {
    const url = URL.parse(request.url ?? '');
    if (url === null) return void response.writeHead(400).end();
    targets.push(url.host);
    const { method, headers } = request;
    const forwarded = http.request(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  };
}

import { once } from 'node:events';
import net from 'node:net';

/** A server that takes connections and never answers. */
export interface SilentServer extends AsyncDisposable {
  readonly port: number;
  /** Resolves with the first connection; `left` when that has been closed. */
  readonly connected: Promise<net.Socket>;
  readonly left: Promise<unknown>;
}

export async function startSilentServer(): Promise<SilentServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  const connected = once(server, 'connection').then(([socket]) => socket as net.Socket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    connected,
    left: connected.then((socket) => once(socket, 'close')),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

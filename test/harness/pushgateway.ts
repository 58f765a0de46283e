import { freePort } from './free-port.ts';
import { programPath } from './parts.ts';
import { startServerProcess } from './server-process.ts';

export interface Pushgateway extends AsyncDisposable {
  readonly url: string;
  /** What it shows to Prometheus. */
  read(): Promise<string>;
}

/** Starts Prometheus' own Pushgateway, which keeps what is pushed in memory. */
export async function startPushgateway(): Promise<Pushgateway> {
  const program = await programPath('pushgateway');
  const port = await freePort();
  const server = await startServerProcess({
    program,
    arguments: [`--web.listen-address=127.0.0.1:${port}`],
    ready: { ports: [port] },
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    read: async () => (await fetch(`${url}/metrics`)).text(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

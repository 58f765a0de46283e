import { once } from 'node:events';
import net from 'node:net';

/**
 * Finds a loopback TCP port on which nobody listens now. The system hands them out in turn, so that two who ask at the same
 * moment get different ones; nothing reserves the port until its server binds it.
 */
export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return address.port;
}

/** Finds `count` different free loopback ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

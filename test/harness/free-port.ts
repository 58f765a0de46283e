import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';

/**
 * Below the ports that the system gives to connections that go out (on Linux from 32768 on: ip_local_port_range in ip(7)): none of those can take a port between the
 * look and the bind, which may be seconds.
 */
const [least, beyond] = [14_000, 32_000];

/** Finds a loopback TCP port on which nobody listens now; nothing reserves it until its server binds it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(least, beyond);
    if (await isFree(port)) return port;
  }
}

/** Finds `count` different free loopback ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** Whether nobody listens on this loopback port now. */
export async function isFree(port: number): Promise<boolean> {
  const probe = net.createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

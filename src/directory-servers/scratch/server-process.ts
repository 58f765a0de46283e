import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Clock } from '../../foundation/clock.ts';
import { Failure, interrupted, messageOf } from '../../foundation/failure.ts';
import type { ServerPorts } from '../scratch-server.ts';
import { endProcessesOf } from './own-processes.ts';

export interface StartRequest {
  readonly folder: string;
  readonly program: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where what it prints goes. */
  readonly outputFile: string;
  /** Where its ports must answer. */
  readonly address: string;
  readonly ports: ServerPorts;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

const deadlineMilliseconds = 600_000;
const pauseMilliseconds = 50;

/**
 * Starts the server in a process group of its own and resolves with its process ID when all its ports answer. It outlives this process unless it is
 * ended by {@link endProcessesOf}. One that ends before, or is not ready in ten minutes, leaves nothing that runs.
 *
 * @throws Failure E_SCRATCH_START, E_INTERRUPTED
 */
export async function startServer(request: StartRequest): Promise<number> {
  const { folder, clock, signal, address } = request;
  const ports = Object.values(request.ports);
  const attempt = 'start the new server';
  // Another server on the port would answer in its place.
  await assertPortsFree(attempt, [address], request.ports);
  await using output = await open(request.outputFile, 'w', 0o600);
  const child = spawn(request.program, request.words, {
    cwd: folder,
    env: request.environment,
    // A file, as a pipe would break when this process ends and the server is kept.
    stdio: ['ignore', output.fd, output.fd],
    detached: true,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(`it ended with ${by ?? `exit code ${code}`}`));
  });
  let end: string | undefined;
  void ended.then((how) => (end = how));
  const giveUpAt = clock.now().getTime() + deadlineMilliseconds;
  try {
    while (!(await allAnswer(address, ports))) {
      if (signal?.aborted === true) throw interrupted(`The attempt to ${attempt}`);
      if (end !== undefined) throw await notStarted(attempt, end, request.outputFile);
      if (clock.now().getTime() > giveUpAt) throw await notStarted(attempt, 'it is not ready after ten minutes', request.outputFile);
      await clock.sleep(pauseMilliseconds);
    }
    child.unref();
    return child.pid ?? 0;
  } catch (error) {
    await endProcessesOf(folder, 'at-once', clock);
    throw error;
  }
}

async function notStarted(attempt: string, state: string, outputFile: string): Promise<Failure> {
  const lines = (await readFile(outputFile, 'utf8').catch(() => '')).split('\n').filter((line) => line.trim() !== '');
  const words = lines.slice(-2).join(' ').slice(-400);
  return new Failure('E_SCRATCH_START', `Cannot ${attempt}: ${state}${words === '' ? '' : ` and says "${words}"`}`, {
    hint: 'see that Java fits the installation, and that memory is left for its heap',
  });
}

/** @throws Failure E_SCRATCH_START that names the first port which is taken, or an address that this machine has not */
export async function assertPortsFree(attempt: string, addresses: readonly string[], ports: ServerPorts): Promise<void> {
  for (const address of addresses) for (const port of Object.values(ports)) await assertFree(attempt, address, port);
}

async function assertFree(attempt: string, host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ host, port, exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    throw new Failure('E_SCRATCH_START', `Cannot ${attempt}: port ${port} of ${host} cannot be listened on: ${messageOf(error)}`, {
      hint: 'name a port that is free, and an address of this machine',
      cause: error,
    });
  }
  probe.close();
  await once(probe, 'close');
}

async function allAnswer(host: string, ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if (!(await answers(host, port))) return false;
  return true;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Below the ports that the system gives to connections that go out (on Linux from 32768 on: ip_local_port_range in ip(7)), and below those of Kubernetes' Services:
 * a server needs seconds to come to its ports, and none of these shall take one meanwhile.
 */
const [leastPort, beyondPort] = [20_000, 30_000];

/** So many loopback ports on which nobody listens now; different ones. Nothing reserves them until they are used. */
export async function freeLoopbackPorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    const port = randomInt(leastPort, beyondPort);
    try {
      await assertFree('find a free port', '127.0.0.1', port);
      ports.add(port);
    } catch (error) {
      if (tries >= 1000) throw error;
    }
  }
  return [...ports];
}

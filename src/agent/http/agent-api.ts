import { getRequestListener } from '@hono/node-server';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../foundation/clock.ts';
import { Failure, messageOf } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AgentView } from '../agent-view.ts';
import type { CommandRunner } from '../command-runner.ts';
import { apiRoutes } from './api-routes.ts';
import type { CommandGate, MetricsText } from './command-gate.ts';
import { RunFollowers } from './follow-run.ts';
import { isLoopback, makeServer, parseListen, requestLimits, type ListenAddress, type RequestLimits } from './listening.ts';
import { RemoteCommands } from './remote-commands.ts';
import { routerOf } from './router.ts';
import { Tokens } from './tokens.ts';

export interface AgentApiOptions {
  readonly view: AgentView;
  readonly runner: CommandRunner;
  /** Which command lines it takes. */
  readonly gate: CommandGate;
  readonly metrics: MetricsText;
  readonly config: Pick<Config['agent'], 'listen' | 'tls' | 'tokens'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly programVersion: string;
  readonly limits?: RequestLimits;
}

export interface AgentApi {
  /** Where it listens, `http://127.0.0.1:7373`; with the port that it was given where 0 was asked for. */
  readonly address: string;
  /** Takes no more commands, and stops those that run after `graceMilliseconds`; goes on answering all else. Resolves when none is left. */
  drain(graceMilliseconds: number): Promise<void>;
  /** Takes no more, lets commands of clients go on for `graceMilliseconds`, then stops them. Resolves when all is closed. */
  stop(graceMilliseconds: number): Promise<void>;
}

/**
 * Serves the agent's HTTP API. `config.listen` is an address; whoever calls this has looked for `none`.
 *
 * @throws Failure E_USAGE, E_AGENT_TLS, E_AGENT_TOKEN_FILE (exit code 2) for settings that cannot be used, E_AGENT_LISTEN (1) where the port is taken
 */
export async function startAgentApi(options: AgentApiOptions): Promise<AgentApi> {
  const { view, config, clock, log } = options;
  const wanted = parseListen(config.listen);
  const server = makeServer(wanted.host, { ...noTls, ...config.tls }, { limits: options.limits ?? requestLimits, log });
  const tokens = await Tokens.read(
    { viewer: config.tokens.viewerFile, operator: config.tokens.operatorFile, restorer: config.tokens.restorerFile },
    log,
  );
  const commands = new RemoteCommands({ runner: options.runner, clock, log });
  const followers = new RunFollowers(view, clock);
  const routes = apiRoutes({ ...options, commands, followers });
  const app = routerOf(routes, { tokens, isLoopback: isLoopback(wanted.host), clock, log });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  server.on('request', (request, response) => void listener(request, response));
  server.maxConnections = 512;
  const port = await listen(server, wanted);
  const scheme = config.tls.certificateFile === undefined ? 'http' : 'https';
  const stop = async (graceMilliseconds: number): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    followers.stop();
    await commands.stop(graceMilliseconds);
    server.closeIdleConnections();
    // What was written last is still sent; who does not read it has had the time.
    const over = new AbortController();
    // The abort ends the pause, and nobody waits for it any more.
    await Promise.race([closed, clock.sleep(1000, over.signal).catch(() => undefined)]);
    over.abort();
    server.closeAllConnections();
    await closed;
  };
  let stopped: Promise<void> | undefined;
  return {
    address: `${scheme}://${wanted.host.includes(':') ? `[${wanted.host}]` : wanted.host}:${port}`,
    drain: (graceMilliseconds) => commands.stop(graceMilliseconds),
    stop: (graceMilliseconds) => (stopped ??= stop(graceMilliseconds)),
  };
}

const noTls = { certificateFile: undefined, keyFile: undefined };

async function listen(server: Server, { host, port }: ListenAddress): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new Failure('E_AGENT_LISTEN', `Cannot listen on ${host}:${port}: ${messageOf(error)}`, {
      cause: error,
      hint: 'see who has the port, or set agent.listen to another',
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

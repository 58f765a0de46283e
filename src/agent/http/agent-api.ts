import { getRequestListener } from '@hono/node-server';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AuditTrail } from '../../archive/stored-audit.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../foundation/clock.ts';
import { Failure, messageOf } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AgentView } from '../agent-view.ts';
import type { CommandRunner } from '../command-runner.ts';
import type { KnownArchive } from '../overview/known-archive.ts';
import { changesArchive, learnOfKept } from './archive-changes.ts';
import { apiRoutes } from './api-routes.ts';
import type { CommandGate, MetricsText } from './command-gate.ts';
import { RunFollowers } from './follow-run.ts';
import { KeptCommandFollowers } from './follow-kept-command.ts';
import type { KeptCommands } from './kept-commands.ts';
import { isLoopback, makeServer, parseListen, requestLimits, type ListenAddress, type RequestLimits } from './listening.ts';
import type { Pages } from './pages.ts';
import { RemoteCommands } from './remote-commands.ts';
import { routerOf } from './router.ts';
import { Tokens } from './tokens.ts';
import { AuditLog } from './who/audit-log.ts';
import { auditEnd } from './who/audited-runner.ts';
import { assertAnonymousStaysHere, Gatekeeper } from './who/gatekeeper.ts';
import { OidcSignIn } from './who/oidc-sign-in.ts';

export interface AgentApiOptions {
  readonly view: AgentView;
  readonly runner: CommandRunner;
  /** Which command lines it takes. */
  readonly gate: CommandGate;
  readonly metrics: MetricsText;
  readonly archive: KnownArchive;
  /** The commands that go on without their clients; they are of the process, and outlive this API where it is served anew. */
  readonly kept: KeptCommands;
  readonly config: Pick<Config['agent'], 'listen' | 'tls' | 'tokens' | 'console' | 'oidc' | 'auditKept'>;
  /** Where what was done is kept. */
  readonly trail: AuditTrail;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log: Logger;
  readonly programVersion: string;
  /** What a browser is shown beside the routes; undefined: nothing. */
  readonly pages?: Pages | undefined;
  readonly limits?: RequestLimits;
}

export interface AgentApi {
  /** Where it listens, `http://127.0.0.1:7373`; with the port that it was given where 0 was asked for. */
  readonly address: string;
  /** Takes no more commands, and stops those that run, also those that are kept, after `graceMilliseconds`; goes on answering all else. Resolves when none is left. */
  drain(graceMilliseconds: number): Promise<void>;
  /** Takes no more, lets commands of clients go on for `graceMilliseconds`, then stops them; those that are kept go on. Resolves when all is closed. */
  stop(graceMilliseconds: number): Promise<void>;
}

/**
 * Serves the agent's HTTP API. `config.listen` is an address; whoever calls this has looked for `none`.
 *
 * @throws Failure E_USAGE, E_AGENT_TLS, E_AGENT_TOKEN_FILE, E_SECRET_FILE (exit code 2) for settings that cannot be used, E_AGENT_LISTEN (1) where the port is taken
 */
export async function startAgentApi(options: AgentApiOptions): Promise<AgentApi> {
  const { view, config, clock, log } = options;
  const wanted = parseListen(config.listen);
  assertAnonymousStaysHere(wanted.host, config.console.anonymous);
  const server = makeServer(wanted.host, { ...noTls, ...config.tls }, { limits: options.limits ?? requestLimits, log });
  const tokens = await Tokens.read(
    { viewer: config.tokens.viewerFile, operator: config.tokens.operatorFile, restorer: config.tokens.restorerFile },
    log,
  );
  const onEnd = (name: string): void => {
    if (changesArchive(name)) options.archive.changed();
  };
  const commands = new RemoteCommands({ clock, log, onEnd });
  const audit = new AuditLog({ ...options, keep: config.auditKept, agent: view.name });
  const forgetKept = options.kept.onEvent(({ kind, command }) => {
    if (kind !== 'end') return;
    learnOfKept(command, options.archive);
    // Also of one that began before the configuration was read anew.
    if (command.audited !== undefined) auditEnd(audit, command.audited, command.summary());
  });
  const followers = new RunFollowers(view, clock);
  const keptFollowers = new KeptCommandFollowers(options.kept, clock);
  const scheme = config.tls.certificateFile === undefined ? 'http' : 'https';
  const oidc = await openOidc(config.oidc, clock);
  const gatekeeper = new Gatekeeper({ tokens, settings: config.console, hasOidc: oidc !== undefined, clock });
  const routes = apiRoutes({ ...options, commands, followers, keptFollowers, gatekeeper, scheme, oidc, audit });
  const app = routerOf(routes, { gatekeeper, audit, scheme, isLoopback: isLoopback(wanted.host), pages: options.pages, clock, log });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  server.on('request', (request, response) => void listener(request, response));
  server.maxConnections = 512;
  const port = await listen(server, wanted);
  const stop = async (graceMilliseconds: number): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    followers.stop();
    keptFollowers.stop();
    forgetKept();
    await commands.stop(graceMilliseconds);
    await audit.stop();
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
    drain: async (graceMilliseconds) => void (await Promise.all([commands.stop(graceMilliseconds), options.kept.stop(graceMilliseconds)])),
    stop: (graceMilliseconds) => (stopped ??= stop(graceMilliseconds)),
  };
}

/** Undefined where no provider is set. */
async function openOidc(settings: Config['agent']['oidc'], clock: Clock): Promise<OidcSignIn | undefined> {
  const { issuer, clientId } = settings;
  return issuer === undefined || clientId === undefined
    ? undefined
    : OidcSignIn.open({ settings: { ...settings, issuer, clientId }, clock });
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

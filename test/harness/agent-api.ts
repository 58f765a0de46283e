import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandRunner } from '../../src/agent/command-runner.ts';
import { startAgentApi, type AgentApi, type AgentApiOptions } from '../../src/agent/http/agent-api.ts';
import { KeptCommands } from '../../src/agent/http/kept-commands.ts';
import { roles, type Role } from '../../src/agent/http/command-gate.ts';
import { AgentKnowledge } from '../../src/agent/overview/agent-knowledge.ts';
import { RunFacts } from '../../src/agent/overview/run-facts.ts';
import { ArchiveWatch } from '../../src/agent/reporting/archive-watch.ts';
import { remoteGate } from '../../src/cli/remote-gate.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { auditInMemory } from './audit-in-memory.ts';
import { EchoRunner, ExampleAgent } from './example-agent.ts';
import { realClock } from './real-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface ServedAgent extends AsyncDisposable {
  readonly api: AgentApi;
  readonly agent: ExampleAgent;
  readonly facts: RunFacts;
  /** Where its token files and certificates lie. */
  readonly folder: string;
  readonly tokens: Readonly<Record<Role, string>>;
  tokenFile(role: Role): string;
  /** What it logged, a line each. */
  readonly log: readonly string[];
  /** Asks with the token of `role`, or none. */
  ask(path: string, options?: AskOptions): Promise<Response>;
}

export interface AskOptions {
  readonly role?: Role | undefined;
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ServeOptions extends Partial<Pick<AgentApiOptions, 'clock' | 'kept' | 'trail' | 'limits' | 'metrics' | 'pages'>> {
  readonly runner?: CommandRunner;
  /** What its archive is found to hold; nothing unless told. */
  readonly snapshots?: () => Promise<readonly Snapshot[]>;
  readonly config?: Partial<AgentApiOptions['config']>;
  readonly hasTokens?: boolean;
}

/** Serves an example agent on a free loopback port, with a token file for each role. */
export async function serveAgent(options: ServeOptions = {}): Promise<ServedAgent> {
  const place = await temporaryFolder('api');
  const folder = place.path;
  const agent = new ExampleAgent();
  const log: string[] = [];
  const tokens = { viewer: newToken(), operator: newToken(), restorer: newToken() };
  const tokenFile = (role: Role): string => path.join(folder, `${role}-token`);
  for (const role of roles) await writeFile(tokenFile(role), `${tokens[role]}\n`);
  const files = { viewerFile: tokenFile('viewer'), operatorFile: tokenFile('operator'), restorerFile: tokenFile('restorer') };
  const none = { viewerFile: undefined, operatorFile: undefined, restorerFile: undefined };
  const clock = options.clock ?? realClock;
  const kept = options.kept ?? new KeptCommands({ clock, log: logInto(log) });
  const over = new AbortController();
  const facts = new RunFacts();
  const watch = new ArchiveWatch({ snapshots: options.snapshots ?? (async () => []), clock, log: logInto(log) }, over.signal);
  const api = await startAgentApi({
    archive: new AgentKnowledge({
      view: agent,
      archive: watch,
      facts,
      alarms: () => [],
      clock,
      location: 's3://backups/directory',
      maxAgeMilliseconds: 12 * 3_600_000,
    }),
    kept,
    view: agent,
    runner: options.runner ?? new EchoRunner(),
    gate: remoteGate,
    metrics: options.metrics ?? { render: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'rootcellar_up 1\n' }) },
    config: {
      listen: '127.0.0.1:0',
      tls: { certificateFile: undefined, keyFile: undefined },
      tokens: options.hasTokens === false ? none : files,
      oidc: noOidc,
      auditKept: 1000,
      console: { enabled: true, anonymous: 'none', sessionIdle: 3_600_000, sessionMost: 43_200_000 },
      ...options.config,
    },
    trail: options.trail ?? auditInMemory(clock, agent.group),
    clock,
    random: Math.random,
    log: logInto(log),
    programVersion: '1.2.3',
    pages: options.pages,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  return {
    api,
    agent,
    facts,
    folder,
    tokens,
    tokenFile,
    log,
    ask: (asked, { role, method, body, headers, signal } = {}) =>
      fetch(`${api.address}${asked}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(role === undefined ? {} : { authorization: `Bearer ${tokens[role]}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: signal ?? null,
      }),
    [Symbol.asyncDispose]: async () => {
      await kept.stop(0);
      await api.stop(0);
      over.abort();
      await place.remove();
    },
  };
}

/** Settings by which nobody can sign in at a provider. */
export const noOidc: AgentApiOptions['config']['oidc'] = {
  issuer: undefined,
  clientId: undefined,
  clientSecretFile: undefined,
  redirectUrl: undefined,
  scopes: undefined,
  rolesClaim: 'groups',
  roles: { viewer: undefined, operator: undefined, restorer: undefined },
  nameClaim: 'preferred_username',
  caFile: undefined,
  title: undefined,
};

export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

function logInto(lines: string[]): Logger {
  const write =
    (level: string): Logger['info'] =>
    (facts, message) =>
      void lines.push(
        `${level} ${message} ${JSON.stringify(facts, (_, value: unknown) => (value instanceof Error ? value.message : value))}`,
      );
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

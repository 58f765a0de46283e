import { Hono, type Context } from 'hono';
import type { z } from 'zod';
import type { Clock } from '../../foundation/clock.ts';
import { Failure, isFailure } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { answerFailure, securityHeaders, wrongRequest } from './answers.ts';
import { apiSchemas } from './api-schemas.ts';
import { includesRole, type Role } from './command-gate.ts';
import { isLoopback } from './listening.ts';
import { readBody } from './read-body.ts';
import type { Route } from './route.ts';
import type { Tokens } from './tokens.ts';

export interface RouterOptions {
  readonly tokens: Tokens;
  /** Whether it listens for this machine alone. */
  readonly isLoopback: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Answers requests by the table of routes: host, token, role, query and body are looked at before a handler sees anything. */
export function routerOf(routes: readonly Route[], options: RouterOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const beganAt = options.clock.now().getTime();
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) context.res.headers.set(name, value);
    const { method, path } = context.req;
    const milliseconds = options.clock.now().getTime() - beganAt;
    options.log.debug({ method, path, status: context.res.status, milliseconds }, 'request answered');
  });
  app.use(async (context, next) => {
    if (options.isLoopback) assertLoopbackHost(context.req.header('host'));
    await next();
  });
  for (const route of routes) {
    app.on(route.method.toUpperCase(), route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) => answer(route, context, options));
  }
  app.notFound((context) => unknownPath(context, routes, options));
  app.onError((error) => {
    if (!isFailure(error)) options.log.error({ err: error }, 'request could not be answered');
    return answerFailure(error);
  });
  return app;
}

async function answer(route: Route, context: Context, { tokens }: RouterOptions): Promise<Response> {
  const role = route.role === undefined ? 'viewer' : await authenticate(context, tokens);
  if (route.role !== undefined && !includesRole(role, route.role)) throw roleMissing(route, role);
  const { searchParams } = new URL(context.req.url);
  return route.handle({
    path: context.req.param(),
    query: route.query === undefined ? {} : read(route.query, Object.fromEntries(searchParams), 'its query'),
    body: route.body === undefined ? undefined : read(apiSchemas[route.body], await readBody(context.req.raw), 'its body'),
    role,
    signal: context.req.raw.signal,
  });
}

/** The role of the token that the request shows. */
async function authenticate(context: Context, tokens: Tokens): Promise<Role> {
  if (!tokens.isSet) {
    throw new Failure('E_AGENT_NO_TOKENS', 'Cannot answer below /api/v1: no file of tokens is set, so nobody may', {
      hint: 'set agent.tokens.viewerFile, agent.tokens.operatorFile or agent.tokens.restorerFile to a file with a token a line',
    });
  }
  const [, token] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(context.req.header('authorization') ?? '') ?? [];
  const role = token === undefined ? undefined : await tokens.roleOf(token);
  if (role !== undefined) return role;
  const state = token === undefined ? 'it shows no token' : 'the token that it shows is none that this agent knows';
  throw new Failure('E_AGENT_TOKEN', `Cannot answer the request: ${state}`, {
    hint: 'show a token of one of the files that agent.tokens names: set agent.tokenFile, or send "Authorization: Bearer TOKEN"',
  });
}

function roleMissing(route: Route, role: Role): Failure {
  const what = `${route.method.toUpperCase()} ${route.path}`;
  return new Failure('E_AGENT_ROLE', `Cannot answer ${what}: it needs the role ${route.role}, and the token has the role ${role}`, {
    hint: `show a token of the file that agent.tokens.${route.role}File names`,
  });
}

/** A page of somebody else's, in a browser on this machine, could reach the port under a name of its own that it lets point here; not under one of ours. */
function assertLoopbackHost(header: string | undefined): void {
  const name = (header ?? '').replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(name)) return;
  throw new Failure(
    'E_AGENT_HOST',
    'Cannot answer the request: it asks for another host, and this agent listens for its own machine alone',
    {
      hint: 'ask for 127.0.0.1 or localhost, or set agent.listen and agent.tls to be reached by other names',
    },
  );
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path = [], message = '' } = result.error.issues[0] ?? {};
  const where = path.length === 0 ? '' : ` at ${path.map(String).join('.')}`;
  throw wrongRequest(400, `${what} is wrong${where}: ${message.slice(0, 200)}`);
}

/** A path that is there is told only to those who may know it. */
async function unknownPath(context: Context, routes: readonly Route[], { tokens }: RouterOptions): Promise<Response> {
  if (context.req.path.startsWith('/api/')) await authenticate(context, tokens);
  const isKnown = routes.some(({ path }) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(context.req.path));
  throw isKnown ? wrongRequest(405, 'the path takes another method') : wrongRequest(404, 'there is no such path');
}

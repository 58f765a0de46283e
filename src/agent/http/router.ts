import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context as HonoContext } from 'hono';
import type { z } from 'zod';
import type { Clock } from '../../foundation/clock.ts';
import { Failure, isFailure } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { answerFailure, securityHeaders, wrongRequest } from './answers.ts';
import { apiSchemas } from './api-schemas.ts';
import { includesRole } from './command-gate.ts';
import { isLoopback } from './listening.ts';
import { readBody } from './read-body.ts';
import type { Pages } from './pages.ts';
import type { Route } from './route.ts';
import type { AuditLog } from './who/audit-log.ts';
import type { Gatekeeper } from './who/gatekeeper.ts';
import { assertOwnPage } from './who/own-page.ts';
import { RequestAudit } from './who/request-audit.ts';
import type { Caller, Who } from './who/who.ts';

type Context = HonoContext<{ Bindings: HttpBindings }>;

export interface RouterOptions {
  readonly gatekeeper: Gatekeeper;
  readonly audit: AuditLog;
  readonly scheme: 'http' | 'https';
  /** Whether it listens for this machine alone. */
  readonly isLoopback: boolean;
  /** What a browser is shown beside the routes; undefined: nothing. */
  readonly pages?: Pages | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Answers requests by the table of routes: host, who asks, role, whose page it was, query and body are looked at before a handler sees anything. */
export function routerOf(routes: readonly Route[], options: RouterOptions): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (context, next) => {
    const beganAt = options.clock.now().getTime();
    await next();
    // A page of the console has its own.
    for (const [name, value] of Object.entries(securityHeaders)) if (!context.res.headers.has(name)) context.res.headers.set(name, value);
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
  app.notFound((context) => options.pages?.answer(context.req.raw) ?? unknownPath(context, routes, options));
  app.onError((error) => {
    if (!isFailure(error)) options.log.error({ err: error }, 'request could not be answered');
    return answerFailure(error);
  });
  return app;
}

async function answer(route: Route, context: Context, options: RouterOptions): Promise<Response> {
  const audit = requestAudit(context, options);
  try {
    const response = await handle(route, context, { ...options, requestAudit: audit });
    audit.answered();
    return response;
  } catch (error) {
    audit.failed(error);
    throw error;
  }
}

function requestAudit(context: Context, { audit }: RouterOptions): RequestAudit {
  return new RequestAudit(audit, { from: addressOf(context), what: `${context.req.method} ${context.req.path.slice(0, 200)}` });
}

async function handle(
  route: Route,
  context: Context,
  { gatekeeper, scheme, requestAudit: audit }: RouterOptions & { readonly requestAudit: RequestAudit },
): Promise<Response> {
  const { headers } = context.req.raw;
  const from = addressOf(context);
  const { who, csrfToken } = route.role === undefined ? anybody : await gatekeeper.admit(headers, from);
  if (route.role !== undefined) audit.by(who);
  if (route.role !== undefined && !includesRole(who.role, route.role)) throw roleMissing(route, who);
  // Who shows a token with each request has no csrfToken, and needs none.
  if (route.method !== 'get' && csrfToken !== undefined) assertOwnPage(headers, scheme, csrfToken);
  const { searchParams } = new URL(context.req.url);
  return route.handle({
    path: context.req.param(),
    query: route.query === undefined ? {} : read(route.query, Object.fromEntries(searchParams), 'its query'),
    body: route.body === undefined ? undefined : read(apiSchemas[route.body], await readBody(context.req.raw), 'its body'),
    who,
    role: who.role,
    headers,
    search: searchParams,
    from,
    audit,
    signal: context.req.raw.signal,
  });
}

const anybody: Caller = { who: { name: 'anonymous', role: 'viewer', via: 'anonymous' } };

function addressOf(context: Context): string {
  return context.env.incoming.socket.remoteAddress ?? 'unknown';
}

function roleMissing(route: Route, { role }: Who): Failure {
  const what = `${route.method.toUpperCase()} ${route.path}`;
  return new Failure('E_AGENT_ROLE', `Cannot answer ${what}: it needs the role ${route.role}, and who asks has the role ${role}`, {
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
async function unknownPath(context: Context, routes: readonly Route[], options: RouterOptions): Promise<Response> {
  try {
    if (context.req.path.startsWith('/api/')) await options.gatekeeper.admit(context.req.raw.headers, addressOf(context));
  } catch (error) {
    requestAudit(context, options).failed(error);
    throw error;
  }
  const isKnown = routes.some(({ path }) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(context.req.path));
  throw isKnown ? wrongRequest(405, 'the path takes another method') : wrongRequest(404, 'there is no such path');
}

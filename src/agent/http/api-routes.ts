import { Failure } from '../../foundation/failure.ts';
import type { ApiParts } from './api-parts.ts';
import { archiveRoutes } from './archive-routes.ts';
import { commandRoutes } from './command-routes.ts';
import { openApiOf } from './open-api.ts';
import { knownRoutes } from './known-routes.ts';
import { json } from './route-tools.ts';
import type { Route } from './route.ts';
import { runRoutes } from './run-routes.ts';
import { auditRoutes } from './who/audit-routes.ts';
import { oidcRoutes } from './who/oidc-routes.ts';
import { sessionRoutes } from './who/session-routes.ts';

/** Every route there is; OpenAPI, the server and the contract test are made of it. */
export function apiRoutes(parts: ApiParts): readonly Route[] {
  const routes = [
    ...openRoutes(parts),
    ...sessionRoutes(parts),
    ...oidcRoutes(parts),
    ...statusRoutes(parts),
    ...runRoutes(parts),
    ...knownRoutes(parts),
    ...archiveRoutes(parts),
    ...commandRoutes(parts),
    ...auditRoutes(parts),
  ];
  const description: Route = {
    method: 'get',
    path: '/api/v1/openapi.json',
    name: 'describeApi',
    summary: 'This description',
    role: 'viewer',
    answer: { status: 200, summary: 'OpenAPI 3.1', contentType: 'application/json', schema: 'OpenApi' },
    handle: () => Response.json(document),
  };
  const all = [...routes, description];
  const document = openApiOf(all, parts.programVersion);
  return all;
}

function openRoutes({ view, metrics }: ApiParts): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/healthz',
      name: 'getHealth',
      summary: 'Whether the process lives',
      role: undefined,
      answer: { status: 200, summary: 'it does', contentType: 'application/json', schema: 'Health' },
      handle: () => json('Health', { isAlive: true }),
    },
    {
      method: 'get',
      path: '/readyz',
      name: 'getReadiness',
      summary: 'Whether the agent can do its work: the archive answers',
      role: undefined,
      answer: { status: 200, summary: 'it can', contentType: 'application/json', schema: 'Readiness' },
      failures: { 503: 'it cannot: it is said why' },
      handle: () => {
        const { trouble, state } = view.status();
        if (state === 'stopping') throw notReady('the agent is stopping', 'ask another agent of the group');
        // What is in the way may name places; those who have no token are told that there is something.
        if (trouble !== undefined)
          throw notReady('the archive does not answer', 'see what "rootcellar --agent URL status" and the log say');
        return json('Readiness', { isReady: true });
      },
    },
    {
      method: 'get',
      path: '/metrics',
      name: 'getMetrics',
      summary: 'Metrics, as Prometheus scrapes them',
      role: undefined,
      answer: { status: 200, summary: 'the metrics', contentType: 'text/plain' },
      handle: async () => {
        const { contentType, text } = await metrics.render();
        return new Response(text, { headers: { 'content-type': contentType } });
      },
    },
  ];
}

function statusRoutes({ view, programVersion }: ApiParts): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/api/v1/status',
      name: 'getStatus',
      summary: 'The agent as it is now: schedules, what runs, what waits',
      role: 'viewer',
      answer: { status: 200, summary: 'the status', contentType: 'application/json', schema: 'Status' },
      handle: ({ role }) => json('Status', { ...view.status(), version: programVersion, role }),
    },
  ];
}

function notReady(state: string, hint: string): Failure {
  return new Failure('E_AGENT_NOT_READY', `Cannot work now: ${state}`, { hint, facts: { status: 503 } });
}

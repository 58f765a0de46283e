import type { ApiParts } from '../api-parts.ts';
import { auditQuery } from '../api-schemas.ts';
import { json } from '../route-tools.ts';
import type { Route } from '../route.ts';

/** Who did what. */
export function auditRoutes({ audit }: ApiParts): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/api/v1/audit',
      name: 'listAudit',
      summary: 'Who did what by the agents of the group, the newest first',
      role: 'operator',
      query: auditQuery,
      answer: { status: 200, summary: 'the entries', contentType: 'application/json', schema: 'Audit' },
      failures: { 503: 'the archive does not answer' },
      handle: async ({ query, signal }) => {
        const { limit, before } = auditQuery.parse(query);
        return json('Audit', { entries: await audit.read({ limit, before, signal }) });
      },
    },
  ];
}

import type { Job } from '../../domain/run-record.ts';
import type { ApiParts } from './api-parts.ts';
import { apiSchemas, type SchemaName } from './api-schemas.ts';
import { wrongRequest } from './answers.ts';
import type { Role } from './command-gate.ts';
import { admit, json } from './route-tools.ts';
import type { Route, RouteRequest } from './route.ts';
import { DocumentRuns } from './run-document.ts';

/** What lies in a snapshot, and what commands would do; each answer is the document that the command prints. */
export function archiveRoutes({ runner, gate }: ApiParts): readonly Route[] {
  const documents = new DocumentRuns(runner);
  const answer = async (words: readonly string[], schema: SchemaName, { role, signal }: RouteRequest): Promise<Response> => {
    const admitted = admit(gate, words, { needed: 'viewer', role });
    // After the gate, which has understood them: what stands there by another spelling is found as well.
    if (admitted.includes('--yes')) throw wrongRequest(400, 'a plan changes nothing, and --yes would', 'leave --yes out');
    return json(schema, await documents.run(admitted, signal));
  };
  const plan = (job: Job | 'restore', options: readonly string[], role: Role): Route => ({
    method: 'post',
    path: `/api/v1/plans/${job}`,
    name: `plan${job.charAt(0).toUpperCase()}${job.slice(1)}`,
    summary: `What "${job}" would do; nothing is changed`,
    role,
    body: 'PlanRequest',
    answer: { status: 200, summary: 'the plan, as the command prints it with --json', contentType: 'application/json', schema: 'Plan' },
    failures: {
      404: 'there is no such snapshot',
      429: 'too many wait already',
      409: 'another run is in the way',
      503: 'the archive does not answer, or its key is wrong',
    },
    handle: async (request) => {
      const { words } = apiSchemas.PlanRequest.parse(request.body);
      return answer([job, ...options, ...words], 'Plan', request);
    },
  });
  return [
    {
      method: 'get',
      path: '/api/v1/snapshots/{id}',
      name: 'getSnapshot',
      summary: 'One snapshot with its manifest and reports, as "show --json" prints it',
      role: 'viewer',
      answer: { status: 200, summary: 'the snapshot', contentType: 'application/json', schema: 'Snapshot' },
      failures: { 404: 'there is no such snapshot', 429: 'too many wait already', 503: 'the archive does not answer, or its key is wrong' },
      handle: (request) => answer(['show', '--', request.path['id'] ?? ''], 'Snapshot', request),
    },
    plan('restore', ['--plan'], 'operator'),
    plan('forget', [], 'viewer'),
    plan('prune', [], 'viewer'),
  ];
}

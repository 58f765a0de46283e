import type { z } from 'zod';
import type { apiSchemas } from '../../../src/agent/http/api-schemas.ts';
import { getDocument } from './client.ts';
import { useResource, type Resource } from './use-resource.ts';

/** `GET /api/v1/status`: what the agent does, and when it will do what. */
export type AgentStatus = z.output<(typeof apiSchemas)['Status']>;
export type JobStatus = AgentStatus['jobs'][number];

/** The agent's status, asked for anew every five seconds. */
export function useStatus(): Resource<AgentStatus> {
  return useResource<AgentStatus>((signal) => getDocument('/status', { signal }), [], { everyMilliseconds: 5000 });
}

/** Another text whenever a run of one of these jobs has ended since: by it lists of runs and snapshots know that they are old. */
export function endedKey(status: AgentStatus | undefined, jobs?: readonly JobStatus['job'][]): string {
  return (status?.jobs ?? [])
    .filter(({ job }) => jobs === undefined || jobs.includes(job))
    .map(({ last }) => (last === undefined ? '' : `${last.id}/${last.attempt}`))
    .join(' ');
}

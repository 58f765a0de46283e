import { Failure } from '../../foundation/failure.ts';
import type { AgentView } from '../agent-view.ts';
import type { ApiParts } from './api-parts.ts';
import { apiSchemas, runsQuery } from './api-schemas.ts';
import { runDocument, unknownRun } from './follow-run.ts';
import { admit, json, streamed } from './route-tools.ts';
import type { Route } from './route.ts';

/** What ran, runs and is to run now. */
export function runRoutes(parts: ApiParts): readonly Route[] {
  return [...lookRoutes(parts), ...requestRoutes(parts)];
}

function lookRoutes({ view, followers }: ApiParts): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/api/v1/runs',
      name: 'listRuns',
      summary: 'Finished runs of the group, the newest first',
      role: 'viewer',
      query: runsQuery,
      answer: { status: 200, summary: 'the runs', contentType: 'application/json', schema: 'Runs' },
      handle: async ({ query, signal }) => {
        const { job, limit } = runsQuery.parse(query);
        return json('Runs', { runs: await view.runs({ job, limit, signal }) });
      },
    },
    {
      method: 'get',
      path: '/api/v1/runs/{id}',
      name: 'getRun',
      summary: 'A run that waits, runs or has ended',
      role: 'viewer',
      answer: { status: 200, summary: 'the run', contentType: 'application/json', schema: 'Run' },
      failures: { 404: 'nothing is known of it' },
      handle: async ({ path: { id = '' } }) => json('Run', runDocument(await runOf(view, id))),
    },
    {
      method: 'get',
      path: '/api/v1/runs/{id}/events',
      name: 'followRun',
      summary: 'A run as it goes on, to its end: first what was told so far',
      role: 'viewer',
      answer: { status: 200, summary: 'server-sent events', contentType: 'text/event-stream', schema: 'RunEvent' },
      failures: { 404: 'nothing is known of it' },
      handle: async ({ path: { id = '' } }) => streamed('text/event-stream', await followers.follow(id)),
    },
  ];
}

function requestRoutes({ view, gate }: ApiParts): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/api/v1/runs',
      name: 'requestRun',
      summary: 'Run a job now',
      role: 'operator',
      body: 'RunRequest',
      answer: { status: 202, summary: 'it is in the queue', contentType: 'application/json', schema: 'Run' },
      failures: { 429: 'the queue is full', 503: 'the agent is stopping' },
      handle: (request) => {
        const { job, words } = apiSchemas.RunRequest.parse(request.body);
        const note = { action: `run ${job}`, words };
        request.audit.note(note);
        const admitted = admit(gate, [job, ...words], { needed: 'operator', role: request.role });
        const run = view.request({ job, words: admitted.slice(1), by: request.who.name });
        request.audit.note({ ...note, target: run.id });
        return json('Run', runDocument(run), { status: 202, headers: { location: `/api/v1/runs/${run.id}` } });
      },
    },
    {
      method: 'post',
      path: '/api/v1/runs/{id}/cancel',
      name: 'cancelRun',
      summary: 'Stop a run of this agent, or take it out of the queue',
      role: 'operator',
      answer: { status: 202, summary: 'it is being stopped', contentType: 'application/json', schema: 'Canceled' },
      failures: { 404: 'nothing is known of it', 409: 'it has ended, or is run by another agent' },
      handle: async ({ path: { id = '' }, audit }) => {
        audit.note({ action: 'cancel', target: id });
        if (!view.cancel(id)) throw notCanceled(await runOf(view, id));
        return json('Canceled', { isCanceled: true }, { status: 202 });
      },
    },
  ];
}

async function runOf(view: AgentView, id: string): Promise<Parameters<typeof runDocument>[0]> {
  const run = await view.find(id);
  if (run === undefined) throw unknownRun(id);
  return run;
}

function notCanceled(run: Parameters<typeof runDocument>[0]): Failure {
  const state = 'outcome' in run ? `it has ended (${run.outcome})` : 'another agent of the group runs it';
  return new Failure('E_RUN_ENDED', `Cannot cancel the run ${run.id}: ${state}`, {
    hint: 'outcome' in run ? 'nothing has to be done' : 'ask that agent; "rootcellar --agent URL runs" names it',
  });
}

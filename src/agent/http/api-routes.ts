import { Failure } from '../../foundation/failure.ts';
import type { Job } from '../../domain/run-record.ts';
import type { AgentView } from '../agent-view.ts';
import type { CommandRunner } from '../command-runner.ts';
import { apiSchemas, runsQuery, snapshotsQuery, type SchemaName } from './api-schemas.ts';
import { wrongRequest } from './answers.ts';
import { includesRole, type CommandGate, type MetricsText, type Role } from './command-gate.ts';
import { runDocument, unknownRun, type RunFollowers } from './follow-run.ts';
import { openApiOf } from './open-api.ts';
import type { RemoteCommands } from './remote-commands.ts';
import type { Route, RouteRequest } from './route.ts';
import { runForDocument } from './run-document.ts';

export interface ApiParts {
  readonly view: AgentView;
  readonly runner: CommandRunner;
  readonly gate: CommandGate;
  readonly metrics: MetricsText;
  readonly commands: RemoteCommands;
  readonly followers: RunFollowers;
  readonly programVersion: string;
}

/** Every route there is; OpenAPI, the server and the contract test are made of it. */
export function apiRoutes(parts: ApiParts): readonly Route[] {
  const routes = [...openRoutes(parts), ...statusRoutes(parts), ...runRoutes(parts), ...archiveRoutes(parts), ...commandRoutes(parts)];
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

function runRoutes({ view, gate, followers }: ApiParts): readonly Route[] {
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
        const admitted = admit(gate, [job, ...words], { needed: 'operator', role: request.role });
        const run = view.request({ job, words: admitted.slice(1), by: request.role });
        return json('Run', runDocument(run), { status: 202, headers: { location: `/api/v1/runs/${run.id}` } });
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
      method: 'post',
      path: '/api/v1/runs/{id}/cancel',
      name: 'cancelRun',
      summary: 'Stop a run of this agent, or take it out of the queue',
      role: 'operator',
      answer: { status: 202, summary: 'it is being stopped', contentType: 'application/json', schema: 'Canceled' },
      failures: { 404: 'nothing is known of it', 409: 'it has ended, or is run by another agent' },
      handle: async ({ path: { id = '' } }) => {
        if (!view.cancel(id)) throw notCanceled(await runOf(view, id));
        return json('Canceled', { isCanceled: true }, { status: 202 });
      },
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

function archiveRoutes({ runner, gate }: ApiParts): readonly Route[] {
  const answer = async (words: readonly string[], schema: SchemaName, { role, signal }: RouteRequest): Promise<Response> =>
    json(schema, await runForDocument(runner, admit(gate, words, { needed: 'viewer', role }), signal));
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
      409: 'another run is in the way',
      503: 'the archive does not answer, or its key is wrong',
    },
    handle: async (request) => {
      const { words } = apiSchemas.PlanRequest.parse(request.body);
      if (words.includes('--yes')) throw wrongRequest(400, 'a plan changes nothing, and --yes would', 'leave --yes out');
      return answer([job, ...options, ...words], 'Plan', request);
    },
  });
  return [
    {
      method: 'get',
      path: '/api/v1/snapshots',
      name: 'listSnapshots',
      summary: 'The snapshots of the archive, the newest first, as "list --json" prints them',
      role: 'viewer',
      query: snapshotsQuery,
      answer: { status: 200, summary: 'the snapshots', contentType: 'application/json', schema: 'Snapshots' },
      failures: { 503: 'the archive does not answer, or its key is wrong' },
      handle: (request) => {
        const { server } = snapshotsQuery.parse(request.query);
        return answer(['list', ...(server === undefined ? [] : [`--server=${server}`])], 'Snapshots', request);
      },
    },
    {
      method: 'get',
      path: '/api/v1/snapshots/{id}',
      name: 'getSnapshot',
      summary: 'One snapshot with its manifest and reports, as "show --json" prints it',
      role: 'viewer',
      answer: { status: 200, summary: 'the snapshot', contentType: 'application/json', schema: 'Snapshot' },
      failures: { 404: 'there is no such snapshot', 503: 'the archive does not answer, or its key is wrong' },
      handle: (request) => answer(['show', '--', request.path['id'] ?? ''], 'Snapshot', request),
    },
    plan('restore', ['--plan'], 'operator'),
    plan('forget', [], 'viewer'),
    plan('prune', [], 'viewer'),
  ];
}

function commandRoutes({ gate, commands }: ApiParts): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/api/v1/commands',
      name: 'runCommand',
      summary: 'Run a command; what it prints comes as it is printed, at last its exit code. When the client goes, it is stopped',
      role: 'viewer',
      body: 'CommandRequest',
      answer: { status: 200, summary: 'a document a line', contentType: 'application/x-ndjson', schema: 'CommandEvent' },
      failures: { 429: 'too many run already', 503: 'the agent is stopping' },
      handle: ({ body, role }) => {
        const { words } = apiSchemas.CommandRequest.parse(body);
        const command = gate.admit(words);
        assertRole(command.name, { needed: command.role, role });
        return streamed('application/x-ndjson', commands.begin(command, role));
      },
    },
    {
      method: 'post',
      path: '/api/v1/commands/{id}/cancel',
      name: 'cancelCommand',
      summary: 'Stop a command; its stream goes on to its end',
      role: 'viewer',
      answer: { status: 202, summary: 'it is being stopped', contentType: 'application/json', schema: 'Canceled' },
      failures: { 404: 'no such command runs' },
      handle: ({ path: { id = '' }, role }) => {
        if (!commands.cancel(id, (owner) => includesRole(role, owner))) throw wrongRequest(404, 'no such command runs');
        return json('Canceled', { isCanceled: true }, { status: 202 });
      },
    },
  ];
}

/** An answer goes through its schema, which leaves out whatever it does not name. */
function json(name: SchemaName, value: unknown, options: ResponseInit = {}): Response {
  return Response.json(apiSchemas[name].parse(value), options);
}

function streamed(contentType: string, body: ReadableStream<Uint8Array>): Response {
  // Proxies that gather an answer before they pass it on would hold back what happens now.
  return new Response(body, { headers: { 'content-type': contentType, 'x-accel-buffering': 'no' } });
}

function admit(gate: CommandGate, words: readonly string[], { needed, role }: { needed: Role; role: Role }): readonly string[] {
  const command = gate.admit(words);
  const own = includesRole(command.role, needed) ? command.role : needed;
  assertRole(command.name, { needed: own, role });
  return command.words;
}

function assertRole(name: string, { needed, role }: { readonly needed: Role; readonly role: Role }): void {
  if (includesRole(role, needed)) return;
  throw new Failure('E_AGENT_ROLE', `Cannot run "${name}": it needs the role ${needed}, and the token has the role ${role}`, {
    hint: `show a token of the file that agent.tokens.${needed}File names`,
  });
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

function notReady(state: string, hint: string): Failure {
  return new Failure('E_AGENT_NOT_READY', `Cannot work now: ${state}`, { hint, facts: { status: 503 } });
}

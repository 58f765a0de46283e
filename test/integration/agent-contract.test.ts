import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { after, before, test } from 'node:test';
import { agentArchive } from '../harness/agent-archive.ts';
import { serveAgent, type ServedAgent } from '../harness/agent-api.ts';
import { exampleRun } from '../harness/example-agent.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';
import { roles } from '../../src/agent/http/command-gate.ts';

interface Operation {
  readonly operationId: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let folder: TemporaryFolder;
let served: ServedAgent;
let description: OpenApi;
/** An active run, and one that has ended. */
let active = '';
/** A kept command. */
let kept = '';
const ended = exampleRun({ outcome: 'failure', exitCode: 20, failure: { code: 'E_X', message: 'it failed' } });

before(async () => {
  folder = await temporaryFolder('agent-contract');
  const { runner, snapshots } = await agentArchive(folder.path);
  served = await serveAgent({ runner, snapshots });
  served.agent.records.push(ended);
  active = served.agent.request({ job: 'backup', words: [], by: 'operator' }).id;
  served.agent.begin(active);
  served.agent.tell(active, { kind: 'begin', step: 'stage', total: 3, unit: 'files' });
  kept = (
    (await (await served.ask('/api/v1/commands', { role: 'viewer', body: { words: ['list'], isKept: true } })).json()) as { id: string }
  ).id;
  description = (await (await served.ask('/api/v1/openapi.json', { role: 'viewer' })).json()) as OpenApi;
});
after(async () => {
  await served[Symbol.asyncDispose]();
  await folder.remove();
});

interface Example {
  readonly path?: string;
  readonly body?: unknown;
  readonly status: number;
}

/** At least one request for each operation; what it answers is held against the description. */
const examples: Readonly<Record<string, () => readonly Example[]>> = {
  getHealth: () => [{ status: 200 }],
  getReadiness: () => [{ status: 200 }],
  getMetrics: () => [{ status: 200 }],
  describeApi: () => [{ status: 200 }],
  getStatus: () => [{ status: 200 }],
  getSession: () => [{ status: 200 }],
  signIn: () => [
    { body: { token: served.tokens.viewer }, status: 200 },
    { body: { token: 'is-no-token-of-it' }, status: 401 },
    { body: {}, status: 400 },
  ],
  signOut: () => [{ status: 200 }],
  // There is no provider here.
  beginOidcSignIn: () => [{ status: 404 }],
  finishOidcSignIn: () => [{ status: 404 }],
  listAudit: () => [
    { status: 200 },
    { path: '/api/v1/audit?limit=1&before=x', status: 200 },
    { path: '/api/v1/audit?limit=0', status: 400 },
  ],
  listRuns: () => [
    { status: 200 },
    { path: '/api/v1/runs?job=backup&limit=1', status: 200 },
    { path: '/api/v1/runs?limit=x', status: 400 },
  ],
  requestRun: () => [
    { body: { job: 'verify', words: ['--read-data'] }, status: 202 },
    { body: { job: 'verify', words: ['--log-level', 'debug'] }, status: 400 },
    { body: { job: 'cat' }, status: 400 },
  ],
  getRun: () => [
    { path: `/api/v1/runs/${active}`, status: 200 },
    { path: `/api/v1/runs/${ended.id}`, status: 200 },
    { path: '/api/v1/runs/x', status: 404 },
  ],
  cancelRun: () => [
    { path: `/api/v1/runs/${active}/cancel`, status: 202 },
    { path: `/api/v1/runs/${ended.id}/cancel`, status: 409 },
    { path: '/api/v1/runs/x/cancel', status: 404 },
  ],
  followRun: () => [
    { path: `/api/v1/runs/${ended.id}/events`, status: 200 },
    { path: '/api/v1/runs/x/events', status: 404 },
  ],
  getOverview: () => [{ status: 200 }],
  listSnapshots: () => [
    { status: 200 },
    { path: '/api/v1/snapshots?server=prod', status: 200 },
    { path: '/api/v1/snapshots?x=y', status: 400 },
  ],
  getSnapshot: () => [
    { path: '/api/v1/snapshots/latest', status: 200 },
    { path: '/api/v1/snapshots/ffff', status: 404 },
    { path: '/api/v1/snapshots/--archive', status: 404 },
  ],
  // There is no directory server here.
  planRestore: () => [
    { body: { words: ['latest'] }, status: 400 },
    { body: { words: ['ffff'] }, status: 404 },
    { body: { words: ['latest', '--yes'] }, status: 400 },
  ],
  planForget: () => [
    { body: { words: ['--keep-last', '1'] }, status: 200 },
    // There is no rule here.
    { body: {}, status: 400 },
    { body: { words: ['--yes', '--keep-last', '1'] }, status: 400 },
  ],
  planPrune: () => [{ body: {}, status: 200 }],
  runCommand: () => [
    { body: { words: ['list'] }, status: 200 },
    { body: { words: ['list'], isKept: true }, status: 202 },
    { body: { words: ['list', '--archive', '/x'], isKept: true }, status: 400 },
    { body: { words: [] }, status: 400 },
    { body: { words: ['list'], isKept: 'yes' }, status: 400 },
  ],
  listCommands: () => [{ status: 200 }],
  getCommand: () => [
    { path: `/api/v1/commands/${kept}`, status: 200 },
    { path: '/api/v1/commands/x', status: 404 },
  ],
  followCommand: () => [
    { path: `/api/v1/commands/${kept}/events`, status: 200 },
    { path: '/api/v1/commands/x/events', status: 404 },
  ],
  cancelCommand: () => [{ path: '/api/v1/commands/x/cancel', status: 404 }],
};

function operations(): readonly { readonly path: string; readonly method: string; readonly operation: Operation }[] {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
}

/** The documents of an answer: itself, or those of its lines or events. */
function documentsOf(contentType: string, text: string): readonly unknown[] {
  const lines = text.split('\n').filter((line) => line !== '');
  if (contentType === 'application/x-ndjson') return lines.map((line) => JSON.parse(line) as unknown);
  if (contentType === 'text/event-stream')
    return lines.flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6)) as unknown] : []));
  return [contentType === 'text/plain' ? text : JSON.parse(text)];
}

test('the description is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate({ ...structuredClone(description) });

  assert.deepEqual(result.errors ?? [], []);
  assert.ok(result.valid);
});

test('every operation answers as it is described', async () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'api', ...description });

  assert.deepEqual(
    Object.keys(examples).toSorted((a, b) => a.localeCompare(b)),
    operations()
      .map(({ operation }) => operation.operationId)
      .toSorted((a, b) => a.localeCompare(b)),
  );
  for (const { path, method, operation } of operations()) {
    for (const example of examples[operation.operationId]?.() ?? []) {
      const answer = await served.ask(example.path ?? path, {
        role: 'restorer',
        method,
        ...(example.body === undefined ? {} : { body: example.body }),
      });
      const text = await answer.text();
      const what = `${operation.operationId} ${JSON.stringify(example)}: ${text.slice(0, 500)}`;
      assert.equal(answer.status, example.status, what);
      const contentType = (answer.headers.get('content-type') ?? '').replace(/;.*/, '');
      assert.ok(operation.responses[answer.status]?.content[contentType], `${what} is not described`);
      const pointer = ['paths', path, method.toLowerCase(), 'responses', answer.status, 'content', contentType, 'schema'];
      const reference = `api#/${pointer.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
      for (const document of documentsOf(contentType, text)) {
        const isValid = ajv.validate({ $ref: encodeURI(reference) }, document);
        assert.ok(isValid, `${what}: ${ajv.errorsText()}`);
      }
    }
  }
});

test('every operation needs the role that it names, and one that names none needs no token', async () => {
  for (const { path, method, operation } of operations()) {
    const needed = roles.find((role) => operation.description === `Needs the role ${role}.`);
    const at = path.replace('{id}', 'x');
    const ask = async (role?: (typeof roles)[number]) => (await served.ask(at, { method, ...(role === undefined ? {} : { role }) })).status;

    assert.equal(needed === undefined, operation.security?.length === 0, path);
    if (needed === undefined) {
      // Its body may be missed, but nobody's token.
      const status = await ask();
      assert.ok(status !== 401 && status !== 403, `${method} ${path}: ${status}`);
      continue;
    }
    assert.equal(await ask(), 401, path);
    for (const role of roles) {
      const status = await ask(role);
      assert.equal(status === 403, roles.indexOf(role) < roles.indexOf(needed), `${role} at ${method} ${path}: ${status}`);
    }
  }
});

test('GET /api/v1/snapshots is what "list --json" prints, and a snapshot what "show --json" prints', async () => {
  const ask = async (path: string) => (await (await served.ask(path, { role: 'viewer' })).json()) as { id: string; manifest?: object }[];
  const all = await ask('/api/v1/snapshots');
  const one = (await (await served.ask(`/api/v1/snapshots/${all[0]?.id}`, { role: 'viewer' })).json()) as { id: string; manifest: object };

  assert.deepEqual([all.length, one.id], [2, all[0]?.id]);
  assert.ok('files' in one.manifest);
  assert.deepEqual(await ask('/api/v1/snapshots?server=none'), []);
});

import type { ApiParts } from './api-parts.ts';
import { apiSchemas } from './api-schemas.ts';
import { wrongRequest } from './answers.ts';
import { includesRole } from './command-gate.ts';
import { assertRole, json, streamed } from './route-tools.ts';
import type { Route } from './route.ts';

/** Any command, as if it were run here. */
export function commandRoutes({ gate, commands }: ApiParts): readonly Route[] {
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

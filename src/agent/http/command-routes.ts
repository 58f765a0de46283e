import { Failure } from '../../foundation/failure.ts';
import type { CommandOptions, CommandRunner } from '../command-runner.ts';
import type { ApiParts } from './api-parts.ts';
import { apiSchemas } from './api-schemas.ts';
import { wrongRequest } from './answers.ts';
import { includesRole, type Role } from './command-gate.ts';
import type { KeptCommand } from './kept-command.ts';
import { assertRole, json, streamed } from './route-tools.ts';
import type { Route } from './route.ts';
import { auditedRunner } from './who/audited-runner.ts';

/** Any command, as if it were run here. */
export function commandRoutes(parts: ApiParts): readonly Route[] {
  return [runRoute(parts), ...keptRoutes(parts), cancelRoute(parts)];
}

function runRoute({ gate, commands, kept, runner, audit: log }: ApiParts): Route {
  return {
    method: 'post',
    path: '/api/v1/commands',
    name: 'runCommand',
    summary:
      'Run a command; what it prints comes as it is printed, at last its exit code. When the client goes, it is stopped, unless it is to be kept',
    role: 'viewer',
    body: 'CommandRequest',
    answer: { status: 200, summary: 'a document a line', contentType: 'application/x-ndjson', schema: 'CommandEvent' },
    otherAnswer: { status: 202, summary: 'it was begun, and is kept', contentType: 'application/json', schema: 'KeptCommand' },
    failures: { 429: 'too many run already', 503: 'the agent is stopping' },
    handle: ({ body, role, who, audit }) => {
      const { words, isKept } = apiSchemas.CommandRequest.parse(body);
      const command = gate.admit(words);
      const note = { action: command.name, words: command.words };
      // Whoever may look reads no entries and changes nothing; the console does so all the time.
      if (command.role !== 'viewer') audit.note(note);
      assertRole(command.name, { needed: command.role, role });
      const audited = audit.begin();
      const asked = runnerWith({ by: who.name, isPatient: isKept }, runner);
      if (!isKept) return streamed('application/x-ndjson', commands.begin(command, role, auditedRunner(asked, audited, log)));
      const document = kept.begin(command, { runner: asked, role, by: who.name, audited }).summary();
      return json('KeptCommand', document, { status: 202, headers: { location: `/api/v1/commands/${document.id}` } });
    },
  };
}

/** Runs commands in somebody's name, and as patiently as they ask for. */
function runnerWith(more: Pick<CommandOptions, 'by' | 'isPatient'>, runner: CommandRunner): CommandRunner {
  return { run: (words, options) => runner.run(words, { ...options, ...more }) };
}

function keptRoutes({ kept, keptFollowers }: ApiParts): readonly Route[] {
  const find = (id: string, role: Role): KeptCommand => {
    const command = kept.find(id, maySee(role));
    if (command === undefined) throw unknownCommand(id);
    return command;
  };
  return [
    {
      method: 'get',
      path: '/api/v1/commands',
      name: 'listCommands',
      summary: 'The kept commands of this agent that run or ended within a day, the newest first, without the documents that they printed',
      role: 'viewer',
      answer: { status: 200, summary: 'those that the role may run', contentType: 'application/json', schema: 'KeptCommands' },
      handle: ({ role }) => json('KeptCommands', { commands: kept.list(maySee(role)).map((command) => command.summary()) }),
    },
    {
      method: 'get',
      path: '/api/v1/commands/{id}',
      name: 'getCommand',
      summary: 'A kept command with the document that it printed',
      role: 'viewer',
      answer: { status: 200, summary: 'the command', contentType: 'application/json', schema: 'KeptCommand' },
      failures: { 404: 'nothing is known of it, or the role may not run it' },
      handle: ({ path: { id = '' }, role }) => json('KeptCommand', find(id, role).document()),
    },
    {
      method: 'get',
      path: '/api/v1/commands/{id}/events',
      name: 'followCommand',
      summary: 'A kept command as it goes on, to its end: first what was told so far',
      role: 'viewer',
      answer: { status: 200, summary: 'server-sent events', contentType: 'text/event-stream', schema: 'KeptCommandEvent' },
      failures: { 404: 'nothing is known of it, or the role may not run it' },
      handle: ({ path: { id = '' }, role }) => streamed('text/event-stream', keptFollowers.follow(find(id, role))),
    },
  ];
}

function cancelRoute({ commands, kept }: ApiParts): Route {
  return {
    method: 'post',
    path: '/api/v1/commands/{id}/cancel',
    name: 'cancelCommand',
    summary: 'Stop a command, kept or not; its stream goes on to its end',
    role: 'viewer',
    answer: { status: 202, summary: 'it is being stopped', contentType: 'application/json', schema: 'Canceled' },
    failures: { 404: 'no such command runs' },
    handle: ({ path: { id = '' }, role, audit }) => {
      audit.note({ action: 'cancel', target: id });
      if (!kept.cancel(id, maySee(role)) && !commands.cancel(id, maySee(role))) throw wrongRequest(404, 'no such command runs');
      return json('Canceled', { isCanceled: true }, { status: 202 });
    },
  };
}

/** Whoever may run a command may see how it went. */
function maySee(role: Role): (needed: Role) => boolean {
  return (needed) => includesRole(role, needed);
}

function unknownCommand(id: string): Failure {
  return new Failure(
    'E_COMMAND_UNKNOWN',
    `Cannot find the command ${id.slice(0, 100)}: none that this role may see was kept by this agent`,
    {
      hint: 'list what there is with GET /api/v1/commands; the log of the agent says which commands ended, and how',
    },
  );
}

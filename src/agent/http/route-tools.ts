import { Failure } from '../../foundation/failure.ts';
import { apiSchemas, type SchemaName } from './api-schemas.ts';
import { includesRole, type CommandGate, type Role } from './command-gate.ts';

/** An answer goes through its schema, which leaves out whatever it does not name. */
export function json(name: SchemaName, value: unknown, options: ResponseInit = {}): Response {
  return Response.json(apiSchemas[name].parse(value), options);
}

/** An answer that comes bit by bit. */
export function streamed(contentType: string, body: ReadableStream<Uint8Array>): Response {
  // Proxies that gather an answer before they pass it on would hold back what happens now.
  return new Response(body, { headers: { 'content-type': contentType, 'x-accel-buffering': 'no' } });
}

/**
 * The words of a command that the API runs, from its name on, where `role` may run it and is at least `needed`.
 *
 * @throws Failure E_AGENT_ROLE, and those of the gate
 */
export function admit(gate: CommandGate, words: readonly string[], { needed, role }: { needed: Role; role: Role }): readonly string[] {
  const command = gate.admit(words);
  const own = includesRole(command.role, needed) ? command.role : needed;
  assertRole(command.name, { needed: own, role });
  return command.words;
}

/** @throws Failure E_AGENT_ROLE */
export function assertRole(name: string, { needed, role }: { readonly needed: Role; readonly role: Role }): void {
  if (includesRole(role, needed)) return;
  throw new Failure('E_AGENT_ROLE', `Cannot run "${name}": it needs the role ${needed}, and who asks has the role ${role}`, {
    hint: `show a token of the file that agent.tokens.${needed}File names`,
  });
}

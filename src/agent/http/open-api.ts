import { z } from 'zod';
import { apiSchemas } from './api-schemas.ts';
import type { EmptyAnswer, Route, RouteAnswer } from './route.ts';
import { sessionCookie } from './who/gatekeeper.ts';

/** The description of the API, OpenAPI 3.1, made of the very table that answers. */
export function openApiOf(routes: readonly Route[], version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operationOf(route);
  return {
    openapi: '3.1.1',
    info: {
      title: "rootcellar's agent",
      version,
      description: 'What the agent does, did and will do; commands run by it. Errors are one document of the schema Failure.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'a token of the role that the operation names, or of a higher one' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: sessionCookie,
          description:
            'a session of somebody who signed in; what is not GET takes the header X-Rootcellar-Csrf with the csrfToken of GET /api/v1/session as well',
        },
      },
    },
  };
}

function operationOf({ name, summary, role, path, query, body, answer, otherAnswer, failures = {} }: Route): unknown {
  const failed = (description: string) => ({ description, content: { 'application/json': { schema: reference('Failure') } } });
  const ofRole =
    role === undefined
      ? {}
      : {
          401: failed('no token and no session, or an unknown one'),
          429: failed('too many tokens were wrong'),
          403: failed('the role does not suffice, no tokens are set, or the page is a foreign one'),
        };
  const ofInput = query === undefined && body === undefined ? {} : { 400: failed('the request is wrong') };
  const ofBody = body === undefined ? {} : { 413: failed('the body is too large'), 415: failed('the body is not JSON') };
  const told = Object.entries(failures).map(([status, description]) => [status, failed(description)]);
  const parameters = [...pathParameters(path), ...queryParameters(query)];
  return {
    operationId: name,
    summary,
    ...(role === undefined ? { security: [] } : { description: `Needs the role ${role}.` }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: reference(body) } } } }),
    responses: {
      ...answered(answer),
      ...(otherAnswer === undefined ? {} : answered(otherAnswer)),
      ...ofInput,
      ...ofRole,
      ...ofBody,
      421: failed('the Host header names another machine, on a loopback address'),
      500: failed('something unexpected happened, or a command failed'),
      ...Object.fromEntries(told),
    },
  };
}

function answered(answer: RouteAnswer | EmptyAnswer): Record<string, unknown> {
  if (!('contentType' in answer)) return { [answer.status]: { description: answer.summary } };
  return { [answer.status]: { description: answer.summary, content: { [answer.contentType]: contentOf(answer) } } };
}

/** A stream is described by the document of each of its lines or events, as OpenAPI 3.1 has no words for it. */
function contentOf({ schema }: RouteAnswer): unknown {
  return { schema: schema === undefined ? { type: 'string' } : reference(schema) };
}

function pathParameters(path: string): unknown[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }));
}

function queryParameters(query: z.ZodObject | undefined): unknown[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }));
}

function reference(name: string): unknown {
  return { $ref: `#/components/schemas/${name}` };
}

function schemas(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(apiSchemas).map(([name, schema]) => {
      const io = name.endsWith('Request') ? 'input' : 'output';
      const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: 'throw' });
      return [name, described];
    }),
  );
}

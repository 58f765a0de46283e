import type { z } from 'zod';
import type { SchemaName } from './api-schemas.ts';
import type { Role } from './command-gate.ts';
import type { RequestAudit } from './who/request-audit.ts';
import type { Who } from './who/who.ts';

/** One route of the API: what OpenAPI says of it, and what answers. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** `/api/v1/runs/{id}`. */
  readonly path: string;
  /** A verb with a noun: OpenAPI's operationId. */
  readonly name: string;
  readonly summary: string;
  /** Who may at least; undefined: anybody, without a token. */
  readonly role: Role | undefined;
  readonly query?: z.ZodObject;
  readonly body?: SchemaName;
  readonly answer: RouteAnswer | EmptyAnswer;
  /** An answer of another number, by what the request asks for. */
  readonly otherAnswer?: RouteAnswer | EmptyAnswer;
  /** Failures that it answers with beside those that all may; by HTTP's number. */
  readonly failures?: Readonly<Record<number, string>>;
  /** Resolves with the answer, or rejects with the Failure to tell. */
  readonly handle: (request: RouteRequest) => Promise<Response> | Response;
}

export type EmptyAnswer = Pick<RouteAnswer, 'status' | 'summary'>;

export interface RouteAnswer {
  readonly status: number;
  readonly summary: string;
  readonly contentType: 'application/json' | 'application/x-ndjson' | 'text/event-stream' | 'text/plain';
  /** The document, or that of each line or event. */
  readonly schema?: SchemaName;
}

/** A request whose role, query and body have been looked at. */
export interface RouteRequest {
  /** The parts of the path in braces. */
  readonly path: Readonly<Record<string, string>>;
  /** As the route's schema read it. */
  readonly query: Readonly<Record<string, unknown>>;
  /** As the route's schema read it. */
  readonly body: unknown;
  /** Who asks. On routes that need no role nobody has looked: then it is anybody, with the role `viewer`. */
  readonly who: Who;
  /** That of `who`. */
  readonly role: Role;
  readonly headers: Headers;
  /** The query as it was sent. */
  readonly search: URLSearchParams;
  /** The address that it came from. */
  readonly from: string;
  /** What is written down of it: what changes something, or reads entries, is to be noted here before it is done. */
  readonly audit: RequestAudit;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

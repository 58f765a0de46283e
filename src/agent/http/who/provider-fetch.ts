import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { CustomFetch } from 'openid-client';
import { Failure, messageOf } from '../../../foundation/failure.ts';

const mostBytes = 1024 * 1024;

/**
 * Asks the OpenID provider: trusts `ca` beside the usual certificates, follows no redirect, takes answers of at most 1 MiB, and waits no longer than
 * `milliseconds` for a whole one.
 *
 * Rejects with E_OIDC_PROVIDER where no answer comes, or one that says that it does not work now.
 */
export function providerFetch({
  issuer,
  ca,
  milliseconds,
}: {
  issuer: string;
  ca: readonly string[] | undefined;
  milliseconds: number;
}): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const timeout = AbortSignal.timeout(milliseconds);
    try {
      const request = new Request(url, { method, headers, ...(body === undefined || body === null ? {} : { body: textOf(body) }) });
      const answer = await send(request, { ca, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
      if (answer.status >= 500) throw silentProvider(issuer, `it answers ${answer.status}`);
      return answer;
    } catch (error) {
      if (error instanceof Failure) throw error;
      const state =
        timeout.aborted || signal?.aborted === true ? `it does not answer within ${milliseconds / 1000} seconds` : messageOf(error);
      throw silentProvider(issuer, state, error);
    }
  };
}

export function silentProvider(issuer: string, state: string, cause?: unknown): Failure {
  return new Failure('E_OIDC_PROVIDER', `Cannot sign in by way of the OpenID provider ${issuer}: ${state}`, {
    cause,
    hint: 'try again when it works, or sign in with a token',
  });
}

/** What is sent are forms; nothing else is asked for here. */
function textOf(body: unknown): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString();
  throw new Error('a request to the OpenID provider has a body that is no form');
}

async function send(asked: Request, { ca, signal }: { ca: readonly string[] | undefined; signal: AbortSignal }): Promise<Response> {
  const url = new URL(asked.url);
  const body = Buffer.from(await asked.arrayBuffer());
  const headers = {
    ...Object.fromEntries(asked.headers),
    'accept-encoding': 'identity',
    ...(body.length === 0 ? {} : { 'content-length': body.length }),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method: asked.method, headers, signal };
    const sent =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, ...(ca === undefined ? {} : { ca: [...ca] }) }, resolve)
        : httpRequest(url, options, resolve);
    sent.on('error', reject).end(body);
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`its answer is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const { statusCode: status = 502 } = answer;
  const contentType = answer.headers['content-type'];
  const empty = status === 204 || status === 304;
  return new Response(empty ? null : Buffer.concat(chunks), {
    status,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
  });
}

import { wrongRequest } from './answers.ts';

const mostBytes = 64 * 1024;

/**
 * Reads the JSON of a request's body, at most 64 KiB of it.
 *
 * @throws Failure E_AGENT_REQUEST: 415 where it does not say that it is JSON (so that no form of a foreign page can send one), 413, 400
 */
export async function readBody(request: Request): Promise<unknown> {
  const contentType = request.headers.get('content-type') ?? '';
  if (!/^application\/json *(;|$)/i.test(contentType)) throw wrongRequest(415, 'its body is not application/json');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw wrongRequest(413, `its body is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))) as unknown;
  } catch {
    // What the parser says quotes the body.
    throw wrongRequest(400, 'its body is no JSON in UTF-8');
  }
}

/** The head of an answer with a body of known length. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  /** By name in lower case; of several with one name the values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  /** Whether the connection may be used again. */
  readonly isKept: boolean;
  /** How long the head itself is. */
  readonly headBytes: number;
}

const endOfHead = '\r\n\r\n';

/** More than any store sends. */
const longestHead = 65_536;

/**
 * Reads the head of an HTTP/1.1 answer to a GET (RFC 9112 §4 to §6) from the first bytes of a connection. `incomplete` as long as its end has not come;
 * `other` for whatever is not plainly an answer with a body of known length: an interim answer, a chunked one, one that is malformed.
 */
export function readAnswerHead(bytes: Buffer): AnswerHead | 'incomplete' | 'other' {
  const end = bytes.indexOf(endOfHead);
  if (end < 0) return bytes.length > longestHead ? 'other' : 'incomplete';
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [, status, reason = ''] = /^HTTP\/1\.1 ([2-5]\d\d)(?: (.*))?$/.exec(first) ?? [];
  const headers = readHeaders(lines);
  const length = headers?.['content-length'] ?? '';
  if (status === undefined || headers === undefined || 'transfer-encoding' in headers || !/^\d{1,15}$/.test(length)) return 'other';
  // Answers that never have a body, whatever their length says (RFC 9112 §6.3).
  if (status === '204' || status === '304') return 'other';
  const isKept = !/\bclose\b/i.test(headers['connection'] ?? '');
  return { status: Number(status), reason, headers, bodyBytes: Number(length), isKept, headBytes: end + endOfHead.length };
}

/** Undefined where a line is none of a header. */
function readHeaders(lines: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) return undefined;
    const known = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = known === undefined ? value : `${known}, ${value}`;
  }
  return headers;
}

import { createHash } from 'node:crypto';
import type { RunRecord } from '../../domain/run-record.ts';
import { sendRequest, type HttpWay } from '../reporting/http-request.ts';
import { describeFailure } from './notification.ts';

/** What a dead-man switch is told, by the convention of Healthchecks: `/start`, nothing, `/fail`, `/log` behind the address of the check. */
export interface Ping {
  readonly signal: 'start' | 'success' | 'fail' | 'log';
  readonly run: string;
  /** With `fail` and `log`. */
  readonly body?: string | undefined;
}

const mostOfBody = 10_000;

/**
 * What the end of a run is told as; undefined where it is none: the run is tried again, or was not begun. Whoever canceled it knows; should no other follow,
 * the switch finds out by itself.
 */
export function pingOf(record: RunRecord): Ping | undefined {
  const { id: run, outcome, isTriedAgain } = record;
  if (isTriedAgain || outcome === 'skipped') return undefined;
  if (outcome === 'success') return { signal: 'success', run };
  if (outcome === 'canceled') return { signal: 'log', run, body: 'canceled' };
  return { signal: 'fail', run, body: lastBytes([describeFailure(record), ...record.log].join('\n'), mostOfBody) };
}

/** The end of a text, of at most so many bytes of UTF-8, whole characters only. */
function lastBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= most) return text;
  let from = bytes.byteLength - most;
  // 10xxxxxx goes on with a character that began before.
  while ((bytes[from] ?? 0) >> 6 === 0b10) from += 1;
  return bytes.subarray(from).toString();
}

/** Sends a ping to the check at `check`, an address that is a secret. */
export async function sendPing(check: URL, ping: Ping, job: string, way: HttpWay, signal: AbortSignal): Promise<void> {
  const url = new URL(check);
  if (ping.signal !== 'success') url.pathname = `${url.pathname.replace(/\/$/, '')}/${ping.signal}`;
  url.searchParams.set('rid', pingRunId(ping.run));
  const attempt = `Cannot ping the check of ${job} in notify.pingFile`;
  const { body } = ping;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  await sendRequest({ url, attempt, signal, ...(body === undefined ? { method: 'GET' } : { method: 'POST', headers, body }) }, way);
}

/** Start and end are of one run by a UUID, which the IDs of our runs are not: one made from it (RFC 9562, version 8). */
export function pingRunId(run: string): string {
  const hash = createHash('sha256').update(`rootcellar run ${run}`).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

import type { Clock } from '../foundation/clock.ts';
import { isFailure, messageOf } from '../foundation/failure.ts';
import { formatDuration } from '../foundation/durations.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { Finding } from './finding.ts';
import { notReached, runCheck, type CheckResult } from './run-check.ts';

/** A difference that stores begin to refuse (S3: RequestTimeTooSkewed at 15 minutes) is told long before. */
const skewWarningMilliseconds = 60_000;
const multipartBytes = 12 * 1024 * 1024;

/**
 * Does with the actual store what a backup, a forget and a lease do, on objects below `.rootcellar/doctor/`, which it removes again.
 *
 * `name` makes the objects' names differ from those of another doctor at the same time.
 */
export async function checkStore(store: ObjectStore, clock: Clock, name: string, signal?: AbortSignal): Promise<readonly Finding[]> {
  const prefix = `.rootcellar/doctor/${name}/`;
  const key = `${prefix}object`;
  const content = new TextEncoder().encode(`written by rootcellar doctor at ${clock.now().toISOString()}\n`);
  let skew = 0;
  const write = await runCheck('archive: write', async () => {
    const before = clock.now().getTime();
    await store.put(key, content, { signal });
    const info = await store.head(key, { signal });
    skew = skewOf(info?.modifiedAt.getTime() ?? before, before, clock.now().getTime());
    return `wrote an object to ${store.location}`;
  });
  if (write.state === 'failed') {
    // It may have been written all the same, where only looking at it failed.
    await store.delete([key], { signal }).catch(() => undefined);
    return [write, ...['read', 'list', 'delete'].map((what) => notReached(`archive: ${what}`, 'nothing could be written'))];
  }
  const rest = [
    await runCheck('archive: read', () => readBack(store, key, content, signal)),
    await runCheck('archive: list', () => listed(store, prefix, key, signal)),
    await runCheck('archive: conditional write', () => conditional(store, prefix, content, signal)),
    await runCheck('archive: multipart', () => multipart(store, prefix, signal)),
    await runCheck('archive: delete', () => remove(store, prefix, signal)),
    await runCheck('archive: clock', async () => clockResult((await skewOfAnswers(store, clock, signal)) ?? skew)),
  ];
  return [write, ...rest];
}

/** By the time that the store's own answers bear; undefined where it tells none, and only what it wrote shows its time. */
async function skewOfAnswers(store: ObjectStore, clock: Clock, signal: AbortSignal | undefined): Promise<number | undefined> {
  const before = clock.now().getTime();
  const { time } = await store.probe({ signal });
  return time === undefined ? undefined : skewOf(time.getTime(), before, clock.now().getTime());
}

/** How far the store's time lies outside of [before, after], with a second of grace, as stores round. */
function skewOf(theirs: number, before: number, after: number): number {
  if (theirs < before - 1000) return theirs - before;
  return theirs > after + 1000 ? theirs - after : 0;
}

function clockResult(skew: number): CheckResult {
  if (Math.abs(skew) < skewWarningMilliseconds)
    return skew === 0
      ? 'the store and this machine agree'
      : `the store is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead' : 'behind'}`;
  return {
    state: 'warning',
    text: `the store's clock is ${formatDuration(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} this machine's`,
    fix: "set this machine's clock (NTP); S3 refuses requests from 15 minutes on",
  };
}

async function readBack(store: ObjectStore, key: string, content: Uint8Array, signal: AbortSignal | undefined): Promise<CheckResult> {
  const found = await store.get(key, { signal });
  if (Buffer.compare(found, content) === 0) return 'it came back as it was written';
  return { state: 'failed', text: 'it came back altered', fix: 'do not use this store; something between here and it changes data' };
}

async function listed(store: ObjectStore, prefix: string, key: string, signal: AbortSignal | undefined): Promise<CheckResult> {
  for await (const object of store.list(prefix, { signal })) if (object.key === key) return 'it is listed';
  return {
    state: 'failed',
    text: 'it is not listed although it was written',
    fix: 'allow s3:ListBucket on the bucket, and use a store with consistent listings',
  };
}

async function conditional(store: ObjectStore, prefix: string, content: Uint8Array, signal: AbortSignal | undefined): Promise<CheckResult> {
  try {
    const first = await store.put(`${prefix}condition`, content, { condition: { absent: true }, signal });
    await store.put(`${prefix}condition`, content, { condition: { etag: first.etag }, signal });
    await store.put(`${prefix}condition`, content, { condition: { absent: true }, signal });
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_EXISTS')) return conditionalInParts(store, signal);
    if (!isFailure(error)) throw error;
    return { state: 'failed', text: messageOf(error), fix: error.hint };
  }
  return {
    state: 'failed',
    text: 'the store wrote over an object that it was told to create only',
    fix: 'use a store that honours If-None-Match and If-Match: without them two runs at once cannot be told apart',
  };
}

/** What was tried were small objects; of those in parts the store's probe tells. */
async function conditionalInParts(store: ObjectStore, signal: AbortSignal | undefined): Promise<CheckResult> {
  const { conditionalStream } = await store.probe({ signal });
  if (conditionalStream) return 'the store keeps two runs from writing over each other';
  return {
    state: 'warning',
    text: 'the store keeps two runs from writing over each other, but not in objects so large that they go in parts',
    fix: 'use a store that honours If-None-Match and If-Match in CompleteMultipartUpload, or see that only one machine backs a server up',
  };
}

async function multipart(store: ObjectStore, prefix: string, signal: AbortSignal | undefined): Promise<CheckResult> {
  const piece = new Uint8Array(1024 * 1024);
  await store.putStream(
    `${prefix}multipart`,
    async function* () {
      for (let sent = 0; sent < multipartBytes; sent += piece.length) yield piece;
    },
    { bytes: multipartBytes, signal },
  );
  const info = await store.head(`${prefix}multipart`, { signal });
  if (info?.bytes === multipartBytes) return 'an object in parts was put together';
  return {
    state: 'failed',
    text: `an object in parts has ${info?.bytes ?? 0} bytes instead of ${multipartBytes}`,
    fix: 'do not use this store for large files',
  };
}

async function remove(store: ObjectStore, prefix: string, signal: AbortSignal | undefined): Promise<CheckResult> {
  // By their names: an account that may not list must not leave them behind.
  const keys = ['object', 'condition', 'multipart'].map((name) => `${prefix}${name}`);
  try {
    await store.delete(keys, { signal });
    return 'what was written is removed again';
  } catch (error) {
    if (!isFailure(error, 'E_ACCESS_DENIED')) throw error;
    return {
      state: 'warning',
      text: `${messageOf(error)}; ${keys.length} small objects stay below ${prefix}`,
      fix: 'a writer without s3:DeleteObject can make backups; let another account run forget and prune',
    };
  }
}

import { GetObjectCommand, type GetObjectCommandOutput, HeadBucketCommand, HeadObjectCommand } from '@aws-sdk/client-s3';

import { Failure, isFailure, withRetry } from '../foundation/failure.ts';
import { abortable, collect } from './bodies.ts';
import { BodyCut } from './http/receiving-connection.ts';
import type { Receipt } from './http/receiving-handler.ts';
import { checkKey } from './keys.ts';
import type { CallOptions, GetOptions, ObjectInfo } from './object-store.ts';
import type { S3Calls } from './s3-calls.ts';
import { s3ErrorName, statusOf } from './s3-failures.ts';
import { objectChanged, objectMissing, transferCut } from './store-failures.ts';

/** Reads objects of one bucket and prefix. */
export class S3Reading {
  readonly #calls: S3Calls;
  /** Whether the store is asked for the checksum that it keeps of an object. */
  readonly #isChecked: boolean;
  #bucketWasSeen = false;

  constructor(calls: S3Calls, { isChecked }: { readonly isChecked: boolean }) {
    this.#calls = calls;
    this.#isChecked = isChecked;
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    try {
      if (options.into === undefined) return await collect(this.getStream(key, options));
      return await this.#getInto(key, options, options.into);
    } catch (error) {
      // Nothing of it has been given out, so a transfer that was damaged under way may simply be made again.
      if (!isFailure(error, 'E_OBJECT_DAMAGED')) throw error;
      throw withRetry(error, 'now');
    }
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    checkKey(key, this.#calls.location);
    const answer = await this.#begin(key, options);
    if (answer !== undefined) yield* this.#bodyOf(answer, key, options);
  }

  /** Into the caller's memory with as little ado as can be, where the store's answer is plain enough. */
  async #getInto(key: string, options: GetOptions, into: Uint8Array): Promise<Uint8Array> {
    checkKey(key, this.#calls.location);
    // A checksum of the store is compared by the SDK as the body passes through it.
    const receipt: Receipt | undefined = this.#isToBeChecked(options) ? undefined : { into, received: undefined };
    const answer = await this.#begin(key, options, receipt);
    if (answer === undefined) return into.subarray(0, 0);
    if (receipt?.received === undefined) return collect(this.#bodyOf(answer, key, options), into);
    options.onInfo?.(infoOfAnswer(key, answer));
    return into.subarray(0, receipt.received);
  }

  async *#bodyOf(answer: GetObjectCommandOutput, key: string, options: GetOptions): AsyncGenerator<Uint8Array> {
    const expected = answer.ContentLength;
    options.onInfo?.(infoOfAnswer(key, answer));
    const call = readCall(key, options);
    let received = 0;
    try {
      for await (const chunk of abortable(answer.Body as AsyncIterable<Uint8Array>, options.signal)) {
        received += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      const failure = this.#calls.failure(error, call);
      // The caller has the bytes already: reading on from the end would hide that they are wrong.
      if (isFailure(failure, 'E_OBJECT_DAMAGED')) throw new Failure(failure.code, failure.message, { hint: failure.hint, cause: error });
      if (expected !== undefined && received < expected) throw transferCut(this.#calls.sentence(call), received, expected, error);
      throw failure;
    } finally {
      // A consumer that stops early must not leave a socket with an unread body in the pool.
      (answer.Body as { destroy?: () => void } | undefined)?.destroy?.();
    }
    if (expected !== undefined && received !== expected) throw transferCut(this.#calls.sentence(call), received, expected);
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key, this.#calls.location);
    const call = readCall(key, options);
    options.signal?.throwIfAborted();
    try {
      const sendOptions = options.signal === undefined ? {} : { abortSignal: options.signal };
      return infoOfAnswer(key, await this.#calls.client.send(new HeadObjectCommand(this.#calls.at(key)), sendOptions));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (statusOf(error) === 404) {
        await this.#seeBucket(options);
        return undefined;
      }
      // An answer to HEAD has no body, and so no reason: a GET of one byte tells it.
      if ([400, 403].includes(statusOf(error) ?? 0)) return this.#headByGet(key, options);
      throw this.#calls.failure(error, call);
    }
  }

  #isToBeChecked({ range, isCheckedByCaller }: GetOptions): boolean {
    return range === undefined && isCheckedByCaller !== true && this.#isChecked;
  }

  async #begin(key: string, options: GetOptions, receipt?: Receipt): Promise<GetObjectCommandOutput | undefined> {
    const { range, etag } = options;
    const input = {
      ...this.#calls.at(key),
      ...(range !== undefined && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
      ...(etag !== undefined && { IfMatch: etag }),
      ...(this.#isToBeChecked(options) && { ChecksumMode: 'ENABLED' as const }),
    };
    const pastEnd = new Error('range past the end');
    const call = readCall(key, options);
    try {
      return await this.#calls.run(
        call,
        (client, sendOptions) => client.send(new GetObjectCommand(input), { ...sendOptions, ...(receipt !== undefined && { receipt }) }),
        (error) => {
          if (error instanceof BodyCut) return transferCut(this.#calls.sentence(call), error.received, error.expected, error);
          if (statusOf(error) === 416) return pastEnd;
          if (statusOf(error) === 412) return objectChanged(`Cannot read "${key}" in ${this.#calls.location}`, error);
          return isMissing(error) ? objectMissing(key, this.#calls.location, error) : undefined;
        },
      );
    } catch (error) {
      if (error === pastEnd) return undefined;
      throw error;
    }
  }

  async #headByGet(key: string, options: CallOptions): Promise<ObjectInfo | undefined> {
    const input = { ...this.#calls.at(key), Range: 'bytes=0-0' };
    try {
      await this.#calls.run(
        readCall(key, options),
        async (client, sendOptions) => {
          const answer = await client.send(new GetObjectCommand(input), sendOptions);
          (answer.Body as { destroy?: () => void } | undefined)?.destroy?.();
        },
        (error) => (isMissing(error) ? objectMissing(key, this.#calls.location, error) : undefined),
      );
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
      throw error;
    }
    throw new Failure('E_STORE_FAILED', `Cannot read "${key}" in ${this.#calls.location}: the store refuses HEAD and allows GET`, {
      hint: 'look at what stands between here and the store',
    });
  }

  /** A HEAD of an object tells a missing bucket and a missing key apart by nothing; asked once, when it matters. */
  async #seeBucket(options: CallOptions): Promise<void> {
    if (this.#bucketWasSeen) return;
    const call = { doing: 'open', permission: 's3:ListBucket', signal: options.signal };
    try {
      await this.#calls.run(
        call,
        (client, sendOptions) => client.send(new HeadBucketCommand({ Bucket: this.#calls.bucket }), sendOptions),
        (error) => (statusOf(error) === 404 ? this.#calls.failure({ name: 'NoSuchBucket' }, call) : undefined),
      );
    } catch (error) {
      if (!isFailure(error, 'E_ACCESS_DENIED')) throw error;
    }
    this.#bucketWasSeen = true;
  }
}

function readCall(key: string, options: CallOptions) {
  return { doing: `read "${key}" in`, permission: 's3:GetObject', signal: options.signal };
}

function isMissing(error: unknown): boolean {
  return s3ErrorName(error) === 'NoSuchKey' || (statusOf(error) === 404 && s3ErrorName(error) !== 'NoSuchBucket');
}

type Description = Pick<GetObjectCommandOutput, 'ContentLength' | 'ContentRange' | 'ETag' | 'LastModified'>;

function infoOfAnswer(key: string, answer: Description): ObjectInfo {
  const whole = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
  const bytes = whole === undefined ? (answer.ContentLength ?? 0) : Number(whole);
  return { key, bytes, etag: answer.ETag ?? '', modifiedAt: answer.LastModified ?? new Date(0) };
}

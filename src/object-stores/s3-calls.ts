import { AbortMultipartUploadCommand, ListObjectsV2Command, ListPartsCommand, type S3Client } from '@aws-sdk/client-s3';

import { isFailure } from '../foundation/failure.ts';
import type { CallOptions } from './object-store.ts';
import { CredentialSearchError } from './s3-credentials.ts';
import { s3Failure, statusOf } from './s3-failures.ts';

/** What a request is about, for the sentence should it fail. */
export interface S3Call {
  /** `write "key" to`, `list`: joined to `Cannot … s3://bucket/path`. */
  readonly doing: string;
  readonly permission: string;
  readonly signal?: AbortSignal | undefined;
}

const mostAborts = 5;

/** One bucket and prefix through one client: sends requests, and turns what goes wrong into failures. */
export class S3Calls {
  readonly client: S3Client;
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly prefix: string;
  readonly location: string;
  readonly #answeredAt = new WeakMap<object, Date>();

  constructor(options: { readonly client: S3Client; readonly bucket: string; readonly prefix: string }) {
    this.client = options.client;
    this.bucket = options.bucket;
    this.prefix = options.prefix;
    this.location = `s3://${options.bucket}${options.prefix === '' ? '' : `/${options.prefix.slice(0, -1)}`}`;
    addMiddleware(this.client, this.#answeredAt);
  }

  /** Bucket and full key, as every request about one object takes them. */
  at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: this.prefix + key };
  }

  /**
   * Sends through `send` and resolves with its answer.
   *
   * @param expected turns an error that is an answer (404, 412) into a failure of its own, or undefined to leave it to the table
   */
  async run<Answer>(
    call: S3Call,
    send: (client: S3Client, options: { readonly abortSignal?: AbortSignal }) => Promise<Answer>,
    expected?: (error: unknown) => Error | undefined,
  ): Promise<Answer> {
    call.signal?.throwIfAborted();
    try {
      return await send(this.client, call.signal === undefined ? {} : { abortSignal: call.signal });
    } catch (error) {
      call.signal?.throwIfAborted();
      throw expected?.(error) ?? this.failure(error, call);
    }
  }

  /**
   * Gives back the parts of an upload. Never rejects: it runs where something else has failed already, and what is left
   * is found by `listUnfinished`.
   */
  async abortUpload(at: { readonly Bucket: string; readonly Key: string }, uploadId: string | undefined): Promise<void> {
    const input = { ...at, UploadId: uploadId };
    // A part that was on its way when we gave up may arrive behind the first abort, or make the store fail in it
    // (AWS: abort until no part is left; versitygw 1.8 answers 500 meanwhile).
    for (let attempt = 1; attempt <= mostAborts; attempt += 1) {
      await this.client.send(new AbortMultipartUploadCommand(input)).catch(() => undefined);
      const left = await this.client.send(new ListPartsCommand(input)).then(() => 200, statusOf);
      if (left === 404 || left === 403) return;
    }
  }

  /** As {@link abortUpload}, where the clean-up is the work itself: rejects when it cannot be done; absent is no error. */
  async discardUpload(key: string, uploadId: string, options: CallOptions): Promise<void> {
    const call = { doing: `remove the unfinished upload of "${key}" from`, permission: 's3:AbortMultipartUpload', signal: options.signal };
    const input = { ...this.at(key), UploadId: uploadId };
    try {
      await this.run(call, (client, sendOptions) => client.send(new AbortMultipartUploadCommand(input), sendOptions));
    } catch (error) {
      const isGone = isFailure(error, 'E_STORE_FAILED') && error.facts['status'] === 404;
      if (!isGone) throw error;
    }
  }

  /** What the store's clock says. */
  async time(call: S3Call): Promise<Date | undefined> {
    const input = { Bucket: this.bucket, Prefix: this.prefix, MaxKeys: 1 };
    return this.answeredAt(await this.run(call, (client, options) => client.send(new ListObjectsV2Command(input), options)));
  }

  failure(error: unknown, call: S3Call): Error {
    if (error instanceof CredentialSearchError) return error.toFailure(this.sentence(call));
    const attempt = { attempt: this.sentence(call), bucket: this.bucket, permission: call.permission };
    return s3Failure(error, attempt);
  }

  sentence(call: Pick<S3Call, 'doing'>): string {
    return `Cannot ${call.doing} ${this.location}`;
  }

  /** The `Date` header of an answer: the store's own time, to the second. */
  answeredAt(answer: { readonly $metadata: object }): Date | undefined {
    return this.#answeredAt.get(answer.$metadata);
  }
}

function addMiddleware(client: S3Client, answeredAt: WeakMap<object, Date>): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = headerOf(result.response, 'date');
      const metadata: unknown = (result.output as { readonly $metadata?: unknown } | undefined)?.$metadata;
      const answered = new Date(date ?? Number.NaN);
      if (typeof metadata === 'object' && metadata !== null && !Number.isNaN(answered.getTime())) answeredAt.set(metadata, answered);
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'rootcellarAnswerDate' },
  );
  client.middlewareStack.add(
    (next) => async (args) => {
      const { Body: body, ChecksumSHA256: checksum } = args.input as { readonly Body?: unknown; readonly ChecksumSHA256?: unknown };
      const headers = headersOf(args.request);
      // The signature covers the SHA-256 of the body: it is known already, and need not be computed a second time.
      if (headers !== undefined && body !== undefined && typeof checksum === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(checksum)) {
        headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex');
      }
      return next(args);
    },
    { step: 'build', name: 'rootcellarPayloadHash' },
  );
}

function headersOf(request: unknown): Record<string, string> | undefined {
  return (request as { readonly headers?: Record<string, string> } | undefined)?.headers;
}

function headerOf(response: unknown, name: string): string | undefined {
  return headersOf(response)?.[name];
}

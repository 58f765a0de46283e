import {
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

import { mapConcurrently } from '../foundation/concurrency.ts';
import { Failure, isFailure, withRetry } from '../foundation/failure.ts';
import { retrying } from '../foundation/retry.ts';
import type { Part } from './bodies.ts';
import { afterGrace } from './grace.ts';
import type { ObjectInfo } from './object-store.ts';
import { reasonOfBrokenPart } from './s3-broken-write.ts';
import type { S3Calls } from './s3-calls.ts';
import { encryptionNotConfirmed, isEncryptedAsAsked, removeUnencrypted } from './s3-encryption.ts';
import { s3ErrorName, statusOf } from './s3-failures.ts';
import { type ChecksumKind, accountOf, digestFields, digestOf, notConfirmed } from './s3-integrity.ts';
import type { S3StoreOptions, WriteFields } from './s3-options.ts';
import { writeDiscarded } from './store-failures.ts';

/** S3's own limit. */
export const mostParts = 10_000;

export interface UploadPlan {
  readonly key: string;
  readonly checksums: ChecksumKind;
  readonly partsAtOnce: number;
  readonly partRetry: S3StoreOptions['partRetry'];
  readonly writeFields: WriteFields;
  /** What it takes to write. */
  readonly permission: string;
  readonly condition: { readonly IfNoneMatch?: string; readonly IfMatch?: string };
  /** Turns the refusal of the condition into its failure. */
  readonly refusal: (error: unknown) => Failure | undefined;
  readonly signal: AbortSignal;
  /** Aborts `signal`, and with it the source and the other requests, as soon as one part has failed. */
  readonly stop: (error: unknown) => void;
}

interface SentPart {
  readonly part: CompletedPart;
  readonly bytes: number;
}

/**
 * Writes one object as a multipart upload: each part with its digest, compared with what the store says of it, then the
 * whole made visible in one request and its length compared. When anything fails, or `plan.signal` aborts, no part is begun
 * any more, those under way get a few seconds to arrive, and then all are given back: a request that is cut off may still be
 * worked on by the store, and its part come to lie behind the clean-up (seen with versitygw 1.8).
 *
 * (`@aws-sdk/lib-storage` rejects an aborted upload while its requests still run, and cannot end them.)
 */
export async function uploadInParts(calls: S3Calls, plan: UploadPlan, parts: AsyncIterable<Part>): Promise<ObjectInfo> {
  const upload = new Upload(calls, plan);
  const uploadId = await upload.begin();
  try {
    const sent = await upload.sendAll(parts, uploadId);
    await upload.complete(sent, uploadId);
    return await upload.confirm(sent);
  } catch (error) {
    await calls.abortUpload(calls.at(plan.key), uploadId);
    throw error;
  }
}

class Upload {
  readonly #calls: S3Calls;
  readonly #plan: UploadPlan;
  readonly #call;
  /** Aborts some seconds behind `plan.signal`. */
  readonly #lateSignal: AbortSignal;

  constructor(calls: S3Calls, plan: UploadPlan) {
    this.#calls = calls;
    this.#plan = plan;
    this.#call = { doing: `write "${plan.key}" to`, permission: plan.permission, signal: plan.signal };
    // The signal is of this upload alone, and goes with it.
    this.#lateSignal = afterGrace(plan.signal).signal;
  }

  async begin(): Promise<string> {
    const { key, checksums, writeFields } = this.#plan;
    const input = { ...this.#calls.at(key), ...writeFields, ...(checksums === 'sha256' && { ChecksumAlgorithm: 'SHA256' as const }) };
    // Cut off, it might begin one whose id we never learn.
    const call = { ...this.#call, signal: this.#lateSignal };
    const { UploadId } = await this.#calls.run(
      call,
      (client, options) => client.send(new CreateMultipartUploadCommand(input), options),
      (error) => this.#plan.refusal(error),
    );
    if (UploadId === undefined) throw this.#refused('the store began no upload');
    return UploadId;
  }

  /** The first part that fails ends the others, rather than letting them run their time. */
  async sendAll(parts: AsyncIterable<Part>, uploadId: string): Promise<SentPart[]> {
    return mapConcurrently(parts, this.#plan.partsAtOnce, async (part, index) => {
      try {
        const sent = await this.#sendPersistently(part.bytes, index + 1, uploadId);
        // Only of a part that has arrived: the request of one that failed might still be reading it.
        part.release();
        return sent;
      } catch (error) {
        this.#plan.stop(error);
        throw error;
      }
    });
  }

  async #sendPersistently(part: Uint8Array, number: number, uploadId: string): Promise<SentPart> {
    const { partRetry, signal } = this.#plan;
    if (partRetry === undefined) return this.#send(part, number, uploadId);
    const { rule, ...tools } = partRetry;
    try {
      return await retrying(rule, { ...tools, signal }, () => this.#send(part, number, uploadId));
    } catch (error) {
      // Its attempts are used up; with all of them again for the whole object they would multiply.
      throw isFailure(error) ? withRetry(error, 'never') : error;
    }
  }

  async #send(part: Uint8Array, number: number, uploadId: string): Promise<SentPart> {
    const { key, checksums } = this.#plan;
    if (number > mostParts) throw this.#refused(`it takes more than ${mostParts} parts`);
    const digest = digestOf(checksums, part);
    const input = { ...this.#calls.at(key), UploadId: uploadId, PartNumber: number, Body: part, ...digestFields(digest) };
    const answer = await this.#calls
      .run(
        { ...this.#call, signal: this.#lateSignal },
        (client, options) => client.send(new UploadPartCommand(input), options),
        (error) => this.#discarded(error),
      )
      .catch(async (error: unknown) => {
        throw await reasonOfBrokenPart(this.#calls, key, uploadId, this.#call, error);
      });
    if (accountOf(answer, digest) === 'different') {
      throw notConfirmed(this.#calls.sentence(this.#call), `the store received other bytes as part ${number}`);
    }
    const checksum = checksums === 'sha256' ? { ChecksumSHA256: digest.base64 } : {};
    return { part: { ETag: answer.ETag, PartNumber: number, ...checksum }, bytes: part.byteLength };
  }

  async complete(sent: readonly SentPart[], uploadId: string): Promise<void> {
    const { key, condition, refusal } = this.#plan;
    const Parts = sent.map(({ part }) => part);
    const input = { ...this.#calls.at(key), UploadId: uploadId, MultipartUpload: { Parts }, ...condition };
    await this.#calls.run(
      this.#call,
      (client, options) => client.send(new CompleteMultipartUploadCommand(input), options),
      (error) => refusal(error) ?? this.#discarded(error),
    );
  }

  async confirm(sent: readonly SentPart[]): Promise<ObjectInfo> {
    const { key, writeFields } = this.#plan;
    const bytes = sent.reduce((sum, each) => sum + each.bytes, 0);
    const call = { ...this.#call, permission: 's3:GetObject' };
    const found = await this.#calls.run(call, (client, options) => client.send(new HeadObjectCommand(this.#calls.at(key)), options));
    if (found.ContentLength !== bytes) {
      throw notConfirmed(this.#calls.sentence(this.#call), `the store holds ${found.ContentLength ?? 'no'} of the ${bytes} bytes sent`);
    }
    if (!isEncryptedAsAsked(writeFields, found)) {
      await removeUnencrypted(this.#calls, key, found);
      throw encryptionNotConfirmed(this.#calls, this.#call, { mode: String(writeFields['ServerSideEncryption']) });
    }
    return { key, bytes, etag: found.ETag ?? '', modifiedAt: found.LastModified ?? new Date(0) };
  }

  #discarded(error: unknown): Failure | undefined {
    const isGone =
      ['NoSuchUpload', 'InvalidPart'].includes(s3ErrorName(error)) || (statusOf(error) === 404 && s3ErrorName(error) !== 'NoSuchBucket');
    return isGone ? writeDiscarded(this.#plan.key, this.#calls.location, error) : undefined;
  }

  #refused(state: string): Failure {
    return new Failure('E_STORE_FAILED', `${this.#calls.sentence(this.#call)}: ${state}`, {
      hint: 'set a larger part size, or look into the state of the store',
    });
  }
}

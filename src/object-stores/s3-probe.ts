import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

import { Failure } from '../foundation/failure.ts';
import { reservedFolder } from './keys.ts';
import type { StoreAbilities } from './object-store.ts';
import type { S3Call, S3Calls } from './s3-calls.ts';
import { isEncryptedAsAsked } from './s3-encryption.ts';
import { statusOf } from './s3-failures.ts';
import { type ChecksumKind, accountOf, digestFields, digestOf } from './s3-integrity.ts';

type Conditions = Pick<StoreAbilities, 'conditionalCreate' | 'conditionalReplace'>;

const probeBytes = Buffer.from('rootcellar probe: may be removed\n');

/**
 * Finds out what an S3 store really does, once and only when it is needed: some stores ignore what they do not know
 * (Garage: If-None-Match; radosgw of 2021: checksums), and an ignored condition is a silent overwrite.
 *
 * Each probe is an object of its own in the reserved folder, removed afterwards; credentials that may not delete leave it there.
 */
export class S3Probe {
  readonly #calls: S3Calls;
  readonly #newId: () => string;
  readonly #writeFields: Readonly<Record<string, string>>;
  #checksums: Promise<ChecksumKind> | undefined;
  #conditions: Promise<Conditions> | undefined;
  #streamConditions: Promise<boolean> | undefined;
  #encryption: Promise<boolean> | undefined;

  /** @param writeFields the encryption that the bucket's policy may demand of every object */
  constructor(calls: S3Calls, newId: () => string, writeFields: Readonly<Record<string, string>>) {
    this.#calls = calls;
    this.#newId = newId;
    this.#writeFields = writeFields;
  }

  /** Whether the store checks SHA-256 and gives it back; a store that refuses or ignores it gets Content-MD5. */
  checksums(): Promise<ChecksumKind> {
    this.#checksums ??= this.#tryChecksums().catch((error: unknown) => {
      this.#checksums = undefined;
      throw error;
    });
    return this.#checksums;
  }

  /** Which conditions the store honours for what fits into one request. */
  conditions(): Promise<Conditions> {
    this.#conditions ??= this.#tryConditions().catch((error: unknown) => {
      this.#conditions = undefined;
      throw error;
    });
    return this.#conditions;
  }

  /** Whether it honours them also for uploads in parts, which takes eight requests to find out, and is seldom asked. */
  streamConditions(): Promise<boolean> {
    this.#streamConditions ??= this.#tryStreamConditions().catch((error: unknown) => {
      this.#streamConditions = undefined;
      throw error;
    });
    return this.#streamConditions;
  }

  /** Whether an object is encrypted as the fields ask, by the store's own account. */
  encryption(): Promise<boolean> {
    this.#encryption ??= this.#tryEncryption().catch((error: unknown) => {
      this.#encryption = undefined;
      throw error;
    });
    return this.#encryption;
  }

  #tryEncryption(): Promise<boolean> {
    return this.#withProbe(async (at, call) => {
      const input = { ...at, ...this.#writeFields, Body: probeBytes, ...digestFields(digestOf('md5', probeBytes)) };
      return isEncryptedAsAsked(this.#writeFields, await this.#calls.run(call, (client) => client.send(new PutObjectCommand(input))));
    });
  }

  #tryChecksums(): Promise<ChecksumKind> {
    return this.#withProbe(async (at, call) => {
      const digest = digestOf('sha256', probeBytes);
      const answer = await this.#attempt(call, () =>
        this.#calls.client.send(new PutObjectCommand({ ...at, ...this.#writeFields, Body: probeBytes, ...digestFields(digest) })),
      );
      return answer !== undefined && accountOf(answer, digest) === 'same' ? 'sha256' : 'md5';
    });
  }

  #tryConditions(): Promise<Conditions> {
    return this.#withProbe(async (at, call) => {
      const { client } = this.#calls;
      const body = { ...this.#writeFields, Body: probeBytes, ...digestFields(digestOf('md5', probeBytes)) };
      // A store that refuses every condition (501) would look as if it honoured this one, if only the refusal were tried.
      const first = await this.#attempt(call, () => client.send(new PutObjectCommand({ ...at, ...body, IfNoneMatch: '*' })));
      if (first === undefined) return { conditionalCreate: false, conditionalReplace: false };
      const created = await this.#attempt(call, () => client.send(new PutObjectCommand({ ...at, ...body, IfNoneMatch: '*' })));
      const wrong = { IfMatch: '"00000000000000000000000000000000"' };
      const replaced = await this.#attempt(call, () => client.send(new PutObjectCommand({ ...at, ...body, ...wrong })));
      const right = { IfMatch: first.ETag };
      const replacedAgain = await this.#attempt(call, () => client.send(new PutObjectCommand({ ...at, ...body, ...right })));
      const conditionalCreate = created === undefined;
      return { conditionalCreate, conditionalReplace: conditionalCreate && replaced === undefined && replacedAgain !== undefined };
    });
  }

  async #tryStreamConditions(): Promise<boolean> {
    if (!(await this.conditions()).conditionalReplace) return false;
    return this.#withProbe(async (at, call) => {
      const body = { ...this.#writeFields, Body: probeBytes, ...digestFields(digestOf('md5', probeBytes)) };
      const { ETag } = await this.#calls.run(call, (client) => client.send(new PutObjectCommand({ ...at, ...body })));
      return this.#completesConditionally(at, call, ETag);
    });
  }

  /** Two uploads over the probe: one that must be refused as the key is taken, one that must pass as the etag is right. */
  async #completesConditionally(at: ObjectAddress, call: S3Call, etag: string | undefined): Promise<boolean> {
    const refused = await this.#upload(at, call, { IfNoneMatch: '*' });
    return !refused && (await this.#upload(at, call, { IfMatch: etag }));
  }

  async #upload(
    at: ObjectAddress,
    call: S3Call,
    condition: { readonly IfNoneMatch?: string; readonly IfMatch?: string | undefined },
  ): Promise<boolean> {
    const { client } = this.#calls;
    const { UploadId } = await this.#calls.run(call, () => client.send(new CreateMultipartUploadCommand({ ...at, ...this.#writeFields })));
    const part = { ...at, UploadId, PartNumber: 1, Body: probeBytes, ...digestFields(digestOf('md5', probeBytes)) };
    const { ETag } = await this.#calls.run(call, () => client.send(new UploadPartCommand(part)));
    const complete = { ...at, UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] }, ...condition };
    const answer = await this.#attempt(call, () => client.send(new CompleteMultipartUploadCommand(complete)));
    if (answer === undefined) await this.#calls.abortUpload(at, UploadId);
    return answer !== undefined;
  }

  /** Resolves to undefined when the store refuses the kind of request, rather than having trouble with it. */
  async #attempt<Answer>(call: S3Call, send: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await send();
    } catch (error) {
      const refusals = [400, 404, 405, 409, 411, 412, 501];
      const failure = this.#calls.failure(error, call);
      const isRefusal = refusals.includes(statusOf(error) ?? 0) && (statusOf(error) === 412 || isUnknown(failure));
      if (isRefusal) return undefined;
      throw failure;
    }
  }

  async #withProbe<Result>(work: (at: ObjectAddress, call: S3Call) => Promise<Result>): Promise<Result> {
    const key = `${reservedFolder}/probe-${this.#newId()}`;
    const at = this.#calls.at(key);
    const call = { doing: `write the probe "${key}" to`, permission: 's3:PutObject' };
    try {
      return await work(at, call);
    } finally {
      // Credentials that may not delete are no reason to fail: the probe is 33 bytes, and hidden.
      await this.#calls.client.send(new DeleteObjectCommand(at)).catch(() => undefined);
    }
  }
}

interface ObjectAddress {
  readonly Bucket: string;
  readonly Key: string;
}

/** An answer that says "this I do not do": not a matter of credentials, bucket, clock, load or network. */
function isUnknown(failure: Error): boolean {
  const codes: readonly string[] = ['E_STORE_FAILED', 'E_OBJECT_DAMAGED'];
  return (
    failure instanceof Failure && (codes.includes(failure.code) || (failure.code === 'E_STORE_BUSY' && failure.facts['status'] === 409))
  );
}

export function conditionsUnsupported(key: string, location: string): Failure {
  return new Failure(
    'E_CONDITIONAL_WRITES_UNSUPPORTED',
    `Cannot write "${key}" to ${location} on a condition: the store does not honour conditional writes, so that two runs could overwrite each other`,
    { hint: 'use a store that honours If-None-Match and If-Match (AWS S3, MinIO, versitygw), or a newer version of this one' },
  );
}

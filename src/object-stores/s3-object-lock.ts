import {
  type DefaultRetention as S3DefaultRetention,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  type ObjectLockRetention,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';

import { type Failure, isFailure } from '../foundation/failure.ts';
import { lockUnsupported } from './no-object-lock.ts';
import type {
  DefaultRetention,
  LockAbility,
  ObjectLock,
  ObjectRetention,
  ObjectVersion,
  RefusedVersion,
  RetentionMode,
} from './object-lock.ts';
import type { CallOptions } from './object-store.ts';
import type { S3Call, S3Calls } from './s3-calls.ts';
import { contentMd5Place, withContentMd5 } from './s3-content-md5.ts';
import { s3ErrorName, statusOf } from './s3-failures.ts';
import type { ChecksumKind } from './s3-integrity.ts';
import { deleteVersions, listVersions } from './s3-versions.ts';
import { objectMissing } from './store-failures.ts';

const noLockInBucket = 'the bucket has no Object Lock';

/** Object Lock as S3 has it. Stores differ in what they answer where there is none, so the answers are read by what they can mean. */
export class S3ObjectLock implements ObjectLock {
  readonly #calls: S3Calls;
  readonly #checksums: () => Promise<ChecksumKind>;

  constructor(calls: S3Calls, checksums: () => Promise<ChecksumKind>) {
    this.#calls = calls;
    this.#checksums = checksums;
  }

  async ability(options: CallOptions = {}): Promise<LockAbility> {
    const call = { doing: 'learn of Object Lock in', permission: 's3:GetBucketObjectLockConfiguration', signal: options.signal };
    const none = new Error('none');
    const command = new GetObjectLockConfigurationCommand({ Bucket: this.#calls.bucket });
    try {
      const { ObjectLockConfiguration: found } = await this.#calls.run(
        call,
        (client, sendOptions) => client.send(command, sendOptions),
        (error) => (isNone(error) || s3ErrorName(error) === 'MethodNotAllowed' ? none : undefined),
      );
      if (found?.ObjectLockEnabled !== 'Enabled') return { isEnabled: false, why: noLockInBucket };
      return { isEnabled: true, byDefault: defaultOf(found.Rule?.DefaultRetention) };
    } catch (error) {
      if (error === none) return { isEnabled: false, why: noLockInBucket };
      throw error;
    }
  }

  async retentionOf(key: string, options: CallOptions = {}): Promise<ObjectRetention | undefined> {
    const call = { doing: `read the retention of "${key}" in`, permission: 's3:GetObjectRetention', signal: options.signal };
    const none = new Error('none');
    const command = new GetObjectRetentionCommand(this.#calls.at(key));
    try {
      const { Retention } = await this.#calls.run(
        call,
        (client, sendOptions) => client.send(command, sendOptions),
        (error) => this.#missing(key, error) ?? (isNone(error) ? none : undefined),
      );
      return retentionFrom(Retention);
    } catch (error) {
      if (error === none) return undefined;
      throw error;
    }
  }

  async extend(key: string, retention: ObjectRetention, options: CallOptions = {}): Promise<ObjectRetention> {
    try {
      return await this.#put(key, retention, options);
    } catch (error) {
      // A lock that is as long already, or of the other mode, is refused; on AWS it looks like a missing right.
      if (!isFailure(error, 'E_OBJECT_LOCKED') && !isFailure(error, 'E_ACCESS_DENIED')) throw error;
      const held = await this.retentionOf(key, options).catch(() => undefined);
      if (held === undefined) throw error;
      if (held.until.getTime() >= wholeSecond(retention.until).getTime()) return held;
      if (held.mode === retention.mode) throw error;
      return this.#put(key, { mode: held.mode, until: retention.until }, options);
    }
  }

  listVersions(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectVersion> {
    return listVersions(this.#calls, prefix, options);
  }

  async deleteVersions(versions: readonly ObjectVersion[], options: CallOptions = {}): Promise<readonly RefusedVersion[]> {
    return deleteVersions(this.#calls, versions, await this.#checksums(), options);
  }

  async #put(key: string, { mode, until }: ObjectRetention, options: CallOptions): Promise<ObjectRetention> {
    const call: S3Call = { doing: `lock "${key}" in`, permission: 's3:PutObjectRetention', signal: options.signal };
    const rounded = wholeSecond(until);
    const Retention = { Mode: s3ModeOf(mode), RetainUntilDate: rounded };
    const command = new PutObjectRetentionCommand({ ...this.#calls.at(key), Retention });
    if ((await this.#checksums()) === 'md5') command.middlewareStack.add(withContentMd5, contentMd5Place);
    await this.#calls.run(
      call,
      (client, sendOptions) => client.send(command, sendOptions),
      (error) => this.#missing(key, error) ?? unsupported(this.#calls.sentence(call), error),
    );
    return { mode, until: rounded };
  }

  /** 405: what readers see is a marker. */
  #missing(key: string, error: unknown): Failure | undefined {
    const isMissing = s3ErrorName(error) === 'NoSuchKey' || s3ErrorName(error) === 'MethodNotAllowed';
    return isMissing ? objectMissing(key, this.#calls.location, error) : undefined;
  }
}

/** The fields of PutObject and CreateMultipartUpload that lock what they write. */
export function retentionFields(retention: ObjectRetention | undefined) {
  return retention === undefined
    ? {}
    : { ObjectLockMode: s3ModeOf(retention.mode), ObjectLockRetainUntilDate: wholeSecond(retention.until) };
}

/** The failure of a request to lock something where nothing can be locked; undefined for any other error. */
export function unsupported(attempt: string, error: unknown): Failure | undefined {
  const says = error instanceof Error ? error.message : '';
  const isRefusal =
    [400, 501].includes(statusOf(error) ?? 0) && /missing object ?lock|object ?lock.*not (enabled|supported|implemented)/i.test(says);
  return isRefusal ? lockUnsupported(attempt, noLockInBucket, error) : undefined;
}

/** Stores keep the time of a lock to the second. */
export function wholeSecond(moment: Date): Date {
  return new Date(Math.ceil(moment.getTime() / 1000) * 1000);
}

/** The bucket, or the object, has no such thing, or the store does not know what that is. */
function isNone(error: unknown): boolean {
  const names = ['ObjectLockConfigurationNotFoundError', 'NoSuchObjectLockConfiguration', 'InvalidRequest', 'NotImplemented'];
  return names.includes(s3ErrorName(error)) || statusOf(error) === 501;
}

function retentionFrom(found: ObjectLockRetention | undefined): ObjectRetention | undefined {
  if (found?.RetainUntilDate === undefined) return undefined;
  return { mode: modeFrom(found.Mode), until: found.RetainUntilDate };
}

function defaultOf(found: S3DefaultRetention | undefined): DefaultRetention | undefined {
  const days = found?.Days ?? (found?.Years === undefined ? undefined : found.Years * 365);
  return days === undefined ? undefined : { mode: modeFrom(found?.Mode), days };
}

function modeFrom(mode: string | undefined): RetentionMode {
  return mode === 'COMPLIANCE' ? 'compliance' : 'governance';
}

function s3ModeOf(mode: RetentionMode): 'COMPLIANCE' | 'GOVERNANCE' {
  return mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
}

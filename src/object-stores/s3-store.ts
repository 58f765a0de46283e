import { randomUUID } from 'node:crypto';

import { PutObjectCommand } from '@aws-sdk/client-s3';

import { mapConcurrently } from '../foundation/concurrency.ts';
import type { Failure } from '../foundation/failure.ts';
import { confirmRetention } from './confirm-retention.ts';
import { abortable, cutIntoParts, ofDeclaredLength } from './bodies.ts';
import { afterGrace } from './grace.ts';
import { checkFolderPrefix, checkKey, normalPrefix } from './keys.ts';
import type { ObjectLock } from './object-lock.ts';
import type {
  CallOptions,
  FolderListing,
  GetOptions,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  PutStreamOptions,
  StoreAbilities,
  UnfinishedWrite,
} from './object-store.ts';
import { reasonOfBrokenWrite } from './s3-broken-write.ts';
import { S3Calls } from './s3-calls.ts';
import { isAws, openS3Client, withSdkSettings } from './s3-client.ts';
import { deleteObjects } from './s3-delete.ts';
import { encryptionFields, encryptionNotConfirmed, isEncryptedAsAsked, removeUnencrypted } from './s3-encryption.ts';
import { s3ErrorName, statusOf } from './s3-failures.ts';
import { type ChecksumKind, type StoreAccount, accountOf, digestFields, digestOf, notConfirmed } from './s3-integrity.ts';
import { listObjects, listOneFolder, listProbes, listUploads, uploadOf } from './s3-listing.ts';
import { retentionFields, S3ObjectLock, unsupported } from './s3-object-lock.ts';
import type { S3StoreOptions, WriteFields } from './s3-options.ts';
import { S3Reading } from './s3-reading.ts';
import { S3Probe, conditionsUnsupported } from './s3-probe.ts';
import { mostParts, uploadInParts } from './s3-upload.ts';
import { objectChanged, objectExists } from './store-failures.ts';

const MiB = 1024 * 1024;

/**
 * Opens a bucket under a prefix. Sends nothing yet: whether bucket and credentials are right shows in the first call.
 *
 * @throws Failure E_CA_FILE, E_USAGE
 */
export async function openS3Store(given: S3StoreOptions): Promise<S3Store> {
  const options = await withSdkSettings(given);
  const client = await openS3Client(options);
  return new S3Store(new S3Calls({ client, bucket: options.bucket, prefix: normalPrefix(options.prefix ?? '') }), options);
}

/** A bucket of AWS S3, or of any store that speaks its protocol. Tries nothing twice; see `RetryingStore`. */
export class S3Store implements ObjectStore {
  readonly location: string;
  readonly objectLock: ObjectLock;
  readonly #calls: S3Calls;
  readonly #options: S3StoreOptions;
  readonly #probe: S3Probe;
  readonly #reading: S3Reading;

  constructor(calls: S3Calls, options: S3StoreOptions) {
    this.location = calls.location;
    this.#calls = calls;
    this.#options = options;
    this.#probe = new S3Probe(calls, options.newId ?? randomUUID, encryptionFields(options.encryption));
    this.#reading = new S3Reading(calls, { isChecked: options.checksums !== 'when-required' });
    this.objectLock = new S3ObjectLock(calls, () => this.#checksums());
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    await this.#refuseIgnoredEncryption(key);
    await this.#refuseIgnoredCondition(key, options.condition, 'put');
    const digest = digestOf(await this.#checksums(), bytes, options.sha256);
    const writeFields = this.#writeFields(options);
    const input = {
      ...this.#calls.at(key),
      ...writeFields,
      Body: bytes,
      ...digestFields(digest),
      ...conditionFields(options.condition),
    };
    const call = { doing: `write "${key}" to`, permission: permissionOf(options), signal: options.signal };
    using grace = options.signal === undefined ? undefined : afterGrace(options.signal);
    const answer = await this.#calls
      .run(
        { ...call, signal: grace?.signal },
        (client, sendOptions) => client.send(new PutObjectCommand(input), sendOptions),
        (error) => this.#refusal(error, key, options),
      )
      .catch(async (error: unknown) => {
        throw await reasonOfBrokenWrite(this.#calls, { key, call, writeFields }, error);
      });
    if (!isEncryptedAsAsked(writeFields, answer)) {
      await removeUnencrypted(this.#calls, key, answer);
      throw encryptionNotConfirmed(this.#calls, call, this.#options.encryption);
    }
    const account = accountOf(answer, digest);
    if (account === 'different') throw notConfirmed(this.#calls.sentence(call), 'the store received other bytes');
    if (account === 'unknown') await this.#readBack(key, bytes, answer, options);
    const modifiedAt = this.#calls.answeredAt(answer);
    if (answer.ETag !== undefined && modifiedAt !== undefined) return { key, bytes: bytes.byteLength, etag: answer.ETag, modifiedAt };
    const info = await this.head(key, options);
    if (info === undefined) throw notConfirmed(this.#calls.sentence(call), 'the object is not there after the store has confirmed it');
    return info;
  }

  async putStream(key: string, open: () => AsyncIterable<Uint8Array>, options: PutStreamOptions = {}): Promise<ObjectInfo> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    const stop = new AbortController();
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const attempt = this.#calls.sentence({ doing: `write "${key}" to` });
    const source = ofDeclaredLength(abortable(open(), signal), options.bytes, attempt);
    const parts = cutIntoParts(endingOthers(source, stop), this.#partBytes(options.bytes));
    try {
      const first = await parts.next();
      if (first.done === true) throw new Error('cutIntoParts() gives at least one part');
      const second = await parts.next();
      // Conditions are looked into only now: what fits into one request needs less of the store.
      if (second.done === true) return await this.put(key, first.value.bytes, { ...options, signal });
      await this.#refuseIgnoredEncryption(key);
      await this.#refuseIgnoredCondition(key, options.condition, 'stream');
      const plan = {
        key,
        checksums: await this.#checksums(),
        partsAtOnce: this.#options.partsAtOnce ?? 4,
        partRetry: this.#options.partRetry,
        writeFields: this.#writeFields(options),
        permission: permissionOf(options),
        condition: conditionFields(options.condition),
        refusal: (error: unknown) => this.#refusal(error, key, options),
        signal,
        stop: (error: unknown) => stop.abort(error),
      };
      const written = await uploadInParts(this.#calls, plan, preceded([first.value, second.value], parts));
      // radosgw 16 drops the retention of an upload in parts.
      if (options.retention !== undefined) await confirmRetention(this, key, options.retention, options);
      return written;
    } finally {
      await parts.return(undefined);
    }
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    return this.#reading.get(key, options);
  }

  getStream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    return this.#reading.getStream(key, options);
  }

  head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.#reading.head(key, options);
  }

  list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    return listObjects(this.#calls, prefix, this.#options.pageKeys, options);
  }

  async listFolder(prefix: string, options: CallOptions = {}): Promise<FolderListing> {
    checkFolderPrefix(prefix);
    return listOneFolder(this.#calls, prefix, this.#options.pageKeys, options);
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    for (const key of keys) checkKey(key, this.location);
    options.signal?.throwIfAborted();
    await deleteObjects(this.#calls, keys, keys.length > 1 ? await this.#checksums() : 'sha256', options);
  }

  async *listUnfinished(options: CallOptions = {}): AsyncIterable<UnfinishedWrite> {
    yield* listUploads(this.#calls, options);
    yield* listProbes(this.#calls, options);
  }

  async discardUnfinished(writes: readonly UnfinishedWrite[], options: CallOptions = {}): Promise<void> {
    await mapConcurrently(writes, 8, async (write) => {
      options.signal?.throwIfAborted();
      const { uploadId, key } = uploadOf(write);
      if (uploadId === '') await deleteObjects(this.#calls, [key], 'sha256', options);
      else await this.#calls.discardUpload(key, uploadId, options);
    });
  }

  async probe(options: CallOptions = {}): Promise<StoreAbilities> {
    options.signal?.throwIfAborted();
    const checksums = await this.#probe.checksums();
    const conditions = await this.#probe.conditions();
    const call = { doing: 'list', permission: 's3:ListBucket', signal: options.signal };
    const conditionalStream = await this.#probe.streamConditions();
    return { ...conditions, conditionalStream, checksums, time: await this.#calls.time(call) };
  }

  async honoursConditions(options: CallOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted();
    return isAws(this.#options) || (await this.#probe.conditions()).conditionalReplace;
  }

  async close(): Promise<void> {
    this.#calls.client.destroy();
  }

  async #checksums(): Promise<ChecksumKind> {
    const { checksums = 'auto' } = this.#options;
    if (checksums !== 'auto') return checksums === 'when-supported' ? 'sha256' : 'md5';
    return isAws(this.#options) ? 'sha256' : this.#probe.checksums();
  }

  /** Before anything is sent: what a store keeps in the clear has left the house, also when it is removed again. */
  async #refuseIgnoredEncryption(key: string): Promise<void> {
    if (this.#options.encryption === undefined || isAws(this.#options) || (await this.#probe.encryption())) return;
    throw encryptionNotConfirmed(this.#calls, { doing: `write "${key}" to` }, this.#options.encryption);
  }

  async #refuseIgnoredCondition(key: string, condition: PutOptions['condition'], how: 'put' | 'stream'): Promise<void> {
    if (condition === undefined || isAws(this.#options)) return;
    const honoured = await this.#probe.conditions();
    const isHonoured = 'absent' in condition ? honoured.conditionalCreate : honoured.conditionalReplace;
    if (!isHonoured || (how === 'stream' && !(await this.#probe.streamConditions()))) throw conditionsUnsupported(key, this.location);
  }

  #refusal(error: unknown, key: string, { condition, retention }: PutOptions): Failure | undefined {
    const noLock = retention && unsupported(`Cannot write "${key}" to ${this.location} with a lock`, error);
    if (noLock !== undefined || condition === undefined) return noLock;
    if ('absent' in condition) return statusOf(error) === 412 ? objectExists(key, this.location, error) : undefined;
    const isGone = statusOf(error) === 404 && !/^(NoSuchBucket|NoSuchUpload|kms[.:].*)$/i.test(s3ErrorName(error));
    const isChanged = statusOf(error) === 412 || isGone;
    return isChanged ? objectChanged(`Cannot replace "${key}" in ${this.location}`, error) : undefined;
  }

  async #readBack(key: string, bytes: Uint8Array, answer: StoreAccount, options: CallOptions): Promise<void> {
    const held = await this.get(key, { signal: options.signal, etag: answer.ETag });
    if (digestOf('sha256', held).base64 === digestOf('sha256', bytes).base64) return;
    throw notConfirmed(this.#calls.sentence({ doing: `write "${key}" to` }), 'what the store gives back is not what was sent');
  }

  #writeFields({ retention }: PutOptions): WriteFields {
    const { storageClass, encryption } = this.#options;
    return {
      ...(storageClass !== undefined && { StorageClass: storageClass }),
      ...encryptionFields(encryption),
      ...retentionFields(retention),
    };
  }

  /** A known length makes the parts as large as it takes to stay below S3's number of them. */
  #partBytes(bytes: number | undefined): number {
    const wanted = Math.max(this.#options.partBytes ?? 8 * MiB, 5 * MiB);
    const needed = Math.ceil((bytes ?? 0) / mostParts / MiB) * MiB;
    return Math.max(wanted, needed);
  }
}

function permissionOf({ retention }: PutOptions): string {
  return retention === undefined ? 's3:PutObject' : 's3:PutObject and s3:PutObjectRetention';
}

function conditionFields(condition: PutOptions['condition']): { readonly IfNoneMatch?: string; readonly IfMatch?: string } {
  if (condition === undefined) return {};
  return 'absent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.etag };
}

/** A source that throws ends the requests that are under way, too. */
async function* endingOthers(source: AsyncIterable<Uint8Array>, stop: AbortController): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

async function* preceded<Item>(first: readonly Item[], rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield* first;
  yield* rest;
}

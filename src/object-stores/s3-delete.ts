import { DeleteObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';

import { mapConcurrently } from '../foundation/concurrency.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { CallOptions } from './object-store.ts';
import type { S3Calls } from './s3-calls.ts';
import { contentMd5Place, withContentMd5 } from './s3-content-md5.ts';
import { s3Failure } from './s3-failures.ts';
import type { ChecksumKind } from './s3-integrity.ts';

/** S3's own limit. */
const batchKeys = 1000;
const singlesAtOnce = 8;

/**
 * Removes objects a thousand a request, and looks at the answer for each key: the request as a whole succeeds even when
 * every key of it was refused. One by one where the store does not take the batch.
 */
export async function deleteObjects(calls: S3Calls, keys: readonly string[], checksums: ChecksumKind, options: CallOptions): Promise<void> {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return deleteOne(calls, only, options);
  for (let first = 0; first < keys.length; first += batchKeys) {
    await deleteBatch(calls, keys.slice(first, first + batchKeys), checksums, options);
  }
}

async function deleteBatch(calls: S3Calls, keys: readonly string[], checksums: ChecksumKind, options: CallOptions): Promise<void> {
  const call = { doing: `remove ${keys.length} objects from`, permission: 's3:DeleteObject', signal: options.signal };
  const objects = keys.map((key) => ({ Key: calls.prefix + key }));
  const command = new DeleteObjectsCommand({ Bucket: calls.bucket, Delete: { Objects: objects, Quiet: true } });
  if (checksums === 'md5') command.middlewareStack.add(withContentMd5, contentMd5Place);
  try {
    const { Errors: errors = [] } = await calls.run(call, (client, sendOptions) => client.send(command, sendOptions));
    const [first] = errors.filter(({ Code: code }) => code !== 'NoSuchKey');
    if (first === undefined) return;
    const key = first.Key?.slice(calls.prefix.length) ?? '';
    const others = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
    const attempt = `Cannot remove "${key}"${others} from ${calls.location}`;
    const trouble = { name: first.Code ?? '', message: first.Message ?? '' };
    throw s3Failure(trouble, { attempt, bucket: calls.bucket, permission: call.permission });
  } catch (error) {
    if (!refusesBatches(error)) throw error;
    await mapConcurrently(keys, singlesAtOnce, (key) => deleteOne(calls, key, options));
  }
}

async function deleteOne(calls: S3Calls, key: string, options: CallOptions): Promise<void> {
  const call = { doing: `remove "${key}" from`, permission: 's3:DeleteObject', signal: options.signal };
  const gone = new Error('gone');
  try {
    await calls.run(
      call,
      (client, sendOptions) => client.send(new DeleteObjectCommand(calls.at(key)), sendOptions),
      (error) => ((error as { readonly name?: unknown }).name === 'NoSuchKey' ? gone : undefined),
    );
  } catch (error) {
    if (error !== gone) throw error;
  }
}

/** The store knows no batches, or not with the digest that we can send (MissingContentMD5, NotImplemented, MalformedXML). */
function refusesBatches(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  const status = error.facts['status'];
  return (isFailure(error, 'E_STORE_FAILED') || isFailure(error, 'E_OBJECT_DAMAGED')) && [400, 404, 405, 411, 501].includes(Number(status));
}

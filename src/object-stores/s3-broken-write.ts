import { CreateMultipartUploadCommand, ListPartsCommand } from '@aws-sdk/client-s3';

import { isFailure } from '../foundation/failure.ts';
import type { S3Call, S3Calls } from './s3-calls.ts';
import { statusOf } from './s3-failures.ts';
import type { WriteFields } from './s3-options.ts';
import { writeDiscarded } from './store-failures.ts';

/** Passing troubles explain nothing; these would stay however often the bytes were sent again. */
const lasting: readonly string[] = [
  'E_ACCESS_DENIED',
  'E_BUCKET_MISSING',
  'E_CLOCK_SKEWED',
  'E_CREDENTIALS_MISSING',
  'E_CREDENTIALS_REFUSED',
  'E_REGION_WRONG',
  'E_WRITE_DISCARDED',
];

export interface BrokenWrite {
  readonly key: string;
  readonly call: S3Call;
  /** Policies refuse writes without the right ones. */
  readonly writeFields: WriteFields;
}

/**
 * A store that refuses a request before it has read the body closes the connection, and the refusal is lost in the reset
 * (seen with versitygw 1.8 from a few hundred KiB on). So a broken connection is looked into with a request that has no body
 * and takes the same permission: it is refused for the same reason, and that one arrives.
 *
 * @returns the lasting reason, or `error` itself when there is none
 */
export async function reasonOfBrokenWrite(calls: S3Calls, write: BrokenWrite, error: unknown): Promise<unknown> {
  const { key, call, writeFields } = write;
  return reasonOf(error, async () => {
    const begin = new CreateMultipartUploadCommand({ ...calls.at(key), ...writeFields });
    const { UploadId } = await calls.run(call, (client, options) => client.send(begin, options));
    await calls.abortUpload(calls.at(key), UploadId);
  });
}

/**
 * As {@link reasonOfBrokenWrite}, for a part of an upload. The request that asks takes a permission that writing does not need (a writer
 * that may not delete rarely has it), so its denial is no reason.
 */
export async function reasonOfBrokenPart(calls: S3Calls, key: string, uploadId: string, call: S3Call, error: unknown): Promise<unknown> {
  return reasonOf(error, async () => {
    const list = new ListPartsCommand({ ...calls.at(key), UploadId: uploadId });
    await calls.run(
      call,
      (client, options) => client.send(list, options),
      (answer) => {
        if (statusOf(answer) === 404) return writeDiscarded(key, calls.location, answer);
        const failure = calls.failure(answer, call);
        return isFailure(failure, 'E_ACCESS_DENIED') ? new Error('it may not be asked', { cause: answer }) : failure;
      },
    );
  });
}

async function reasonOf(error: unknown, ask: () => Promise<void>): Promise<unknown> {
  if (!isFailure(error, 'E_STORE_UNREACHABLE')) return error;
  try {
    await ask();
  } catch (reason) {
    if (isFailure(reason) && lasting.includes(reason.code)) return reason;
  }
  return error;
}

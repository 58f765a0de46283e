import { DeleteObjectCommand } from '@aws-sdk/client-s3';

import { Failure } from '../foundation/failure.ts';
import type { S3Call, S3Calls } from './s3-calls.ts';
import type { S3StoreOptions, WriteFields } from './s3-options.ts';

type Encryption = S3StoreOptions['encryption'];

/** The part of an answer in which a store says how it encrypts. */
export interface EncryptionAccount {
  readonly ServerSideEncryption?: string | undefined;
  readonly VersionId?: string | undefined;
}

/** The fields of PutObject and CreateMultipartUpload that ask for encryption; none where none is asked for. */
export function encryptionFields(encryption: Encryption): Readonly<Record<string, string>> {
  return {
    ...(encryption !== undefined && { ServerSideEncryption: encryption.mode }),
    ...(encryption?.kmsKeyId !== undefined && { SSEKMSKeyId: encryption.kmsKeyId }),
  };
}

/**
 * Tells whether `answer` confirms the encryption that the `fields` of the request asked for: some stores (versitygw 1.8, rclone,
 * Garage) ignore what they do not know, and would keep in the clear what an operator believes encrypted.
 */
export function isEncryptedAsAsked(fields: WriteFields, answer: EncryptionAccount): boolean {
  return fields['ServerSideEncryption'] === undefined || answer.ServerSideEncryption === fields['ServerSideEncryption'];
}

/** The store took the request and does not confirm the encryption. */
export function encryptionNotConfirmed(
  calls: S3Calls,
  call: Pick<S3Call, 'doing'>,
  encryption: { readonly mode: string | undefined } | undefined,
): Failure {
  return new Failure(
    'E_ENCRYPTION_NOT_CONFIRMED',
    `${calls.sentence(call)}: the store does not confirm the server-side encryption ${encryption?.mode ?? ''} that was asked for`,
    {
      hint: 'use a store that encrypts, or set ROOTCELLAR_S3_ENCRYPTION (--s3-encryption) to none when something else keeps the data secret',
    },
  );
}

/**
 * Removes the object that was just written in the clear, the very version where the bucket keeps versions. Never rejects: the
 * failure that led here is the one to tell, and an account that may not delete leaves the object.
 */
export async function removeUnencrypted(calls: S3Calls, key: string, answer: EncryptionAccount): Promise<void> {
  const remove = (VersionId: string | undefined): Promise<unknown> =>
    calls.client.send(new DeleteObjectCommand({ ...calls.at(key), VersionId }));
  await remove(answer.VersionId)
    .catch(() => (answer.VersionId === undefined ? undefined : remove(undefined)))
    .catch(() => undefined);
}

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';

import type { S3StoreOptions } from '../../../src/object-stores/s3-options.ts';
import { type S3Store, openS3Store } from '../../../src/object-stores/s3-store.ts';
import { all, bytesOf, failure, inChunks, textOf } from '../../contracts/object-store-helpers.ts';
import { minioKmsKeyId, startMinio } from '../../harness/minio.ts';
import { useS3Credentials } from '../../harness/s3-environment.ts';
import type { S3Server } from '../../harness/s3-server.ts';

const mebibyte = 1024 * 1024;
let server: S3Server;

before(async () => {
  server = await startMinio({ tls: true, buckets: ['archive'] });
  useS3Credentials(server);
});
after(() => server[Symbol.asyncDispose]());

async function using(prefix: string, options: Partial<S3StoreOptions>, work: (store: S3Store) => Promise<void>): Promise<void> {
  const { endpoint, caFile } = server;
  const store = await openS3Store({ bucket: 'archive', prefix, endpoint, caFile, partBytes: 5 * mebibyte, ...options });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

async function head(key: string): Promise<HeadObjectCommandOutput> {
  const s3 = server.client();
  try {
    return await s3.send(new HeadObjectCommand({ Bucket: 'archive', Key: key }));
  } finally {
    s3.destroy();
  }
}

/** Writes an object in one request and one in parts, reads both back, and returns what the store says of them. */
async function writtenBothWays(prefix: string, options: Partial<S3StoreOptions>): Promise<readonly HeadObjectCommandOutput[]> {
  const large = new Uint8Array(11 * mebibyte).fill(7);
  await using(prefix, options, async (store) => {
    await store.put('small', bytesOf('small'), { condition: { absent: true } });
    await store.putStream('large', () => inChunks(large, mebibyte), { condition: { absent: true } });
    assert.equal(textOf(await store.get('small')), 'small');
    assert.equal(Buffer.compare(await store.get('large'), large), 0);
  });
  return [await head(`${prefix}/small`), await head(`${prefix}/large`)];
}

describe('S3Store on MinIO', () => {
  for (const checksums of ['when-supported', 'when-required'] as const) {
    test(`encrypts with the store's own key (SSE-S3), checksums ${checksums}`, async () => {
      const heads = await writtenBothWays(`sse-s3-${checksums}`, { encryption: { mode: 'AES256' }, checksums });
      assert.deepEqual(
        heads.map(({ ServerSideEncryption, SSEKMSKeyId }) => [ServerSideEncryption, SSEKMSKeyId]),
        [
          ['AES256', undefined],
          ['AES256', undefined],
        ],
      );
    });

    test(`encrypts with a named key (SSE-KMS), checksums ${checksums}`, async () => {
      const encryption = { mode: 'aws:kms', kmsKeyId: minioKmsKeyId } as const;
      for (const found of await writtenBothWays(`sse-kms-${checksums}`, { encryption, checksums })) {
        assert.equal(found.ServerSideEncryption, 'aws:kms');
        assert.match(found.SSEKMSKeyId ?? '', new RegExp(`(^|[:/])${minioKmsKeyId}$`));
      }
    });
  }

  test('refuses an encryption key that the store does not know, and writes nothing', async () => {
    const options = { encryption: { mode: 'aws:kms', kmsKeyId: 'no-such-key' }, newId: () => 'id' } as const;
    await using('unknown-key', options, async (store) => {
      const refused = failure(
        'E_ENCRYPTION_KEY',
        'Cannot write the probe ".rootcellar-store/probe-id" to s3://archive/unknown-key: the store cannot use the encryption key (kms:KeyNotFound)',
      );
      await assert.rejects(store.put('k', bytesOf('x')), refused);
      await assert.rejects(store.put('k', bytesOf('x'), { condition: { etag: '"1"' } }), refused);
      await assert.rejects(
        store.putStream('k', () => inChunks(new Uint8Array(11 * mebibyte), mebibyte)),
        refused,
      );
      await assert.rejects(store.probe(), refused);
      assert.deepEqual(await all(store.list('')), []);
    });
  });

  test('gives objects the storage class asked for', async () => {
    const heads = await writtenBothWays('class', { storageClass: 'REDUCED_REDUNDANCY' });
    assert.deepEqual(
      heads.map(({ StorageClass }) => StorageClass),
      ['REDUCED_REDUNDANCY', 'REDUCED_REDUNDANCY'],
    );
  });

  test('refuses a storage class that the store does not have', async () => {
    await using('no-class', { storageClass: 'GLACIER_IR' }, async (store) => {
      const refused = (key: string) =>
        failure('E_STORAGE_CLASS', `Cannot write "${key}" to s3://archive/no-class: the store does not have that storage class`);
      await assert.rejects(store.put('small', bytesOf('x')), refused('small'));
      await assert.rejects(
        store.putStream('large', () => inChunks(new Uint8Array(11 * mebibyte), mebibyte)),
        refused('large'),
      );
    });
  });
});

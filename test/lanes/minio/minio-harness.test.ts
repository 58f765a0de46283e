import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { minioKmsKeyId, startMinio } from '../../harness/minio.ts';

test('startMinio() keeps objects over verified TLS, also after SIGKILL', async () => {
  await using server = await startMinio({ tls: true, buckets: ['backups'] });
  const first = server.client();
  await first.send(new PutObjectCommand({ Bucket: 'backups', Key: 'k', Body: 'kept' }));
  first.destroy();

  await server.kill();
  await server.restart();

  const second = server.client();
  const got = await second.send(new GetObjectCommand({ Bucket: 'backups', Key: 'k' }));
  assert.equal(await got.Body?.transformToString(), 'kept');
  second.destroy();
});

test('startMinio() encrypts with its KMS key when asked', async () => {
  await using server = await startMinio({ tls: true, buckets: ['backups'] });
  const s3 = server.client();

  await s3.send(
    new PutObjectCommand({ Bucket: 'backups', Key: 'k', Body: 'v', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: minioKmsKeyId }),
  );
  const head = await s3.send(new HeadObjectCommand({ Bucket: 'backups', Key: 'k' }));

  assert.equal(head.ServerSideEncryption, 'aws:kms');
  assert.match(head.SSEKMSKeyId ?? '', new RegExp(`${minioKmsKeyId}$`));
  s3.destroy();
});

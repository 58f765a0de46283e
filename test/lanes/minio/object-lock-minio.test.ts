import { after, before } from 'node:test';

import { openS3Store } from '../../../src/object-stores/s3-store.ts';
import { describeNoObjectLock, describeObjectLock } from '../../contracts/object-lock.ts';
import { startMinio } from '../../harness/minio.ts';
import type { S3Server } from '../../harness/s3-server.ts';
import { useS3Credentials } from '../../harness/s3-environment.ts';

let server: S3Server;
before(async () => {
  server = await startMinio({ tls: true, buckets: ['plain'], lockedBuckets: ['locked'] });
  useS3Credentials(server);
});
after(() => server[Symbol.asyncDispose]());

const manyPartsBytes = 11 * 1024 * 1024 + 345;

describeObjectLock('S3Store on MinIO', () => open('locked', 'by/path', 'auto'), { manyPartsBytes });
describeObjectLock('S3Store on MinIO, with Content-MD5 only,', () => open('locked', 'md5', 'when-required'), { manyPartsBytes });
describeNoObjectLock('S3Store on a bucket of MinIO without Object Lock', () => open('plain', '', 'auto'), 'the bucket has no Object Lock');

async function open(bucket: string, prefix: string, checksums: 'auto' | 'when-required') {
  const { endpoint, caFile } = server;
  const store = await openS3Store({ bucket, prefix, endpoint, caFile, checksums, partBytes: 5 * 1024 * 1024 });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

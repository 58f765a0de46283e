import { after, before } from 'node:test';

import { describeLockedArchive } from '../../contracts/locked-archive.ts';
import { startMinio } from '../../harness/minio.ts';
import type { S3Server } from '../../harness/s3-server.ts';

let server: S3Server;
before(async () => {
  server = await startMinio({ tls: true, lockedBuckets: ['locked', 'default'] });
});
after(() => server[Symbol.asyncDispose]());

for (const layout of ['repository', 'plain'] as const) {
  describeLockedArchive('MinIO', layout, async () => ({ server, bucket: 'locked', defaultBucket: 'default' }));
}

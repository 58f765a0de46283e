import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { openS3Store } from '../../../src/object-stores/s3-store.ts';
import { describeObjectStore } from '../../contracts/object-store.ts';
import { startMinio } from '../../harness/minio.ts';
import type { S3Server } from '../../harness/s3-server.ts';
import { useS3Credentials } from '../../harness/s3-environment.ts';

let server: S3Server;
before(async () => {
  server = await startMinio({ tls: true, buckets: ['archive'] });
  useS3Credentials(server);
});
after(() => server[Symbol.asyncDispose]());

describeObjectStore(
  'S3Store on MinIO over TLS',
  async () => {
    const { endpoint, caFile } = server;
    const store = await openS3Store({ bucket: 'archive', prefix: 'by/path', endpoint, caFile, partBytes: 5 * 1024 * 1024, partsAtOnce: 1 });
    return { store, [Symbol.asyncDispose]: () => store.close() };
  },
  { manyPartsBytes: 11 * 1024 * 1024 + 345, tellsUnfinished: false },
);

test('S3Store leaves no parts on MinIO after aborts and failures', async () => {
  // It does not list them, but keeps each upload as a folder.
  const left = await readdir(`${server.folder}/.minio.sys/multipart`, { recursive: true, withFileTypes: true });

  assert.deepEqual(
    left.filter((entry) => entry.isFile()).map(({ name }) => name),
    [],
  );
});

import { after, before } from 'node:test';

import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { describeObjectStore } from '../contracts/object-store.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

let server: VersitygwServer;
before(async () => {
  server = await startVersitygw({ tls: true, buckets: ['archive'] });
  useS3Credentials(server);
});
after(() => server[Symbol.asyncDispose]());

const manyPartsBytes = 11 * 1024 * 1024 + 345;

describeObjectStore('S3Store on versitygw over TLS', () => open('auto', 'by/path'), { manyPartsBytes });
describeObjectStore('S3Store on versitygw over TLS, without prefix and with Content-MD5 only,', () => open('when-required', ''), {
  manyPartsBytes,
  manyKeys: 30,
});

async function open(checksums: 'auto' | 'when-required', prefix: string) {
  const { endpoint, caFile } = server;
  // One part at a time, so that the contract can tell when a part has arrived; object-store-s3.test.ts sends four.
  const store = await openS3Store({ bucket: 'archive', prefix, endpoint, caFile, checksums, partBytes: 5 * 1024 * 1024, partsAtOnce: 1 });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

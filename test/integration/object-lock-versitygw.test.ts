import { after, before } from 'node:test';

import { RetryingStore } from '../../src/object-stores/retrying-store.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { describeNoObjectLock, describeObjectLock } from '../contracts/object-lock.ts';
import { realClock } from '../harness/real-clock.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

let server: VersitygwServer;
before(async () => {
  server = await startVersitygw({ buckets: ['plain'], lockedBuckets: ['locked'] });
  useS3Credentials(server);
});
after(() => server[Symbol.asyncDispose]());

const manyPartsBytes = 11 * 1024 * 1024 + 345;

describeObjectLock('S3Store on versitygw', () => open('locked', 'by/path', 'auto'), { manyPartsBytes });
describeObjectLock('S3Store on versitygw, with Content-MD5 only,', () => open('locked', 'md5', 'when-required'), { manyPartsBytes });
describeNoObjectLock('S3Store on a bucket without Object Lock', () => open('plain', '', 'auto'), 'the bucket has no Object Lock');

async function open(bucket: string, prefix: string, checksums: 'auto' | 'when-required') {
  const { endpoint } = server;
  const s3 = await openS3Store({ bucket, prefix, endpoint, checksums, partBytes: 5 * 1024 * 1024 });
  const rule = { attempts: 2, firstPauseMilliseconds: 1, longestPauseMilliseconds: 2 };
  const store = new RetryingStore(s3, rule, { clock: realClock, random: () => 0 });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

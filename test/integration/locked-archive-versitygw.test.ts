import { after, before } from 'node:test';

import { describeLockedArchive } from '../contracts/locked-archive.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

let server: VersitygwServer;
before(async () => {
  server = await startVersitygw({ lockedBuckets: ['locked', 'default'] });
});
after(() => server[Symbol.asyncDispose]());

for (const layout of ['repository', 'plain'] as const) {
  describeLockedArchive('versitygw', layout, async () => ({ server, bucket: 'locked', defaultBucket: 'default' }));
}

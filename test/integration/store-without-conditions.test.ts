import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { StoredLeases } from '../../src/archive/lease.ts';
import { isAlive, thisProcess } from '../../src/archive/lease-holder.ts';
import type { Layout } from '../../src/archive/archive.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { passwordFile } from '../harness/archive-password.ts';
import { type Fault, type FaultyHttpProxy, type SeenRequest, startFaultyHttpProxy } from '../harness/faulty-http-proxy.ts';
import { realClock } from '../harness/real-clock.ts';
import { runRootcellar } from '../harness/rootcellar.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from '../harness/versitygw.ts';

const bucket = 'archive';
let server: VersitygwServer;
let proxy: FaultyHttpProxy;
let s3: S3Client;
let set: TemporaryFolder;

before(async () => {
  server = await startVersitygw({ buckets: [bucket] });
  proxy = await startFaultyHttpProxy(server.endpoint);
  s3 = server.client();
  useS3Credentials(server);
  set = await temporaryFolder('set');
  await mkdir(path.join(set.path, 'userRoot'));
  await writeFile(path.join(set.path, 'userRoot/file'), randomBytes(100_000));
});
after(async () => {
  s3.destroy();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await set.remove();
});
beforeEach(() => proxy.reset());

/** Does what was refused for its condition all the same. */
async function write({ url }: SeenRequest, body: Buffer): Promise<string> {
  const [, name = '', ...key] = new URL(url, 'http://any').pathname.split('/').map((part) => decodeURIComponent(part));
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: name, Key: key.join('/'), Body: body }));
  return ETag;
}

const ignored = (header: string): Fault => ({ method: 'PUT', header, times: Infinity, action: { kind: 'ignore-condition', write } });
const refused = (header: string, status: number, code: string): Fault => ({
  method: 'PUT',
  header,
  times: Infinity,
  action: { kind: 'answer', status, code },
});

const stores: readonly { readonly name: string; readonly faults: readonly Fault[]; readonly layout?: Layout }[] = [
  { name: 'ignores both conditions, as Garage does', faults: [ignored('if-none-match'), ignored('if-match')], layout: 'repository' },
  { name: 'ignores If-Match alone, as old radosgw does', faults: [ignored('if-match')] },
  { name: 'ignores If-None-Match alone', faults: [ignored('if-none-match')] },
  {
    name: 'refuses conditions as not implemented',
    faults: [refused('if-none-match', 501, 'NotImplemented'), refused('if-match', 501, 'NotImplemented')],
    layout: 'plain',
  },
  { name: 'refuses If-Match as not implemented', faults: [refused('if-match', 501, 'NotImplemented')] },
  {
    name: 'refuses conditions as wrong arguments',
    faults: [refused('if-none-match', 400, 'InvalidArgument'), refused('if-match', 400, 'InvalidArgument')],
  },
];

for (const [index, { name, faults, layout }] of stores.entries()) {
  describe(`a store that ${name}`, () => {
    test('StoredLeases.take() refuses, for each of two at once, and writes nothing', async () => {
      proxy.arm(...faults);
      const prefix = `leases-${index}`;
      const store = await openS3Store({
        endpoint: proxy.endpoint,
        bucket,
        prefix,
        region: server.region,
      });
      try {
        const leases = new StoredLeases(store, { clock: realClock, seconds: 120, holder: thisProcess('backup'), isAlive });
        const refusal = {
          code: 'E_CONDITIONAL_WRITES_UNSUPPORTED',
          exitCode: 1,
          message: `Cannot take the lease of "prod" in s3://archive/${prefix}: the store does not honour conditional writes, so nothing would keep two runs apart`,
        };
        await Promise.all([assert.rejects(leases.take('prod'), refusal), assert.rejects(leases.take('prod'), refusal)]);
        assert.deepEqual(await leftBelow(prefix), []);
      } finally {
        await store.close();
      }
    });

    if (layout !== undefined) {
      test(`a backup into the layout ${layout} is refused, and what is there stays readable`, async () => {
        const name = `${layout}-${index}`;
        const env = {
          ROOTCELLAR_ARCHIVE: `s3://${bucket}/${name}`,
          ROOTCELLAR_LAYOUT: layout,
          ...(layout === 'repository' && { ROOTCELLAR_PASSWORD_FILE: passwordFile }),
          ROOTCELLAR_SERVER_NAME: 'prod',
          AWS_REGION: server.region,
          AWS_ACCESS_KEY_ID: server.accessKeyId,
          AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
        };
        const run = async (words: readonly string[], endpoint: string) =>
          runRootcellar(words, { env: { ...env, ROOTCELLAR_S3_ENDPOINT: endpoint } });
        // Made while the store was another one.
        for (const words of [['init'], ['archive', set.path]]) assert.equal((await run(words, server.endpoint)).exitCode, 0);
        const before = await leftBelow(name);
        proxy.arm(...faults);

        const { exitCode, stderr } = await run(['archive', set.path], proxy.endpoint);

        const says = `Cannot take the lease of "prod" in s3://archive/${name}: the store does not honour conditional writes, so nothing would keep two runs apart`;
        assert.ok(stderr.includes(`rootcellar: ${says}\n`), stderr);
        assert.equal(exitCode, 1);
        assert.deepEqual(await leftBelow(name), before);
        const listed = await run(['list', '--json'], proxy.endpoint);
        assert.equal((JSON.parse(listed.stdout) as unknown[]).length, 1);
      });
    }
  });
}

/** The objects that lie below a prefix, with what the server keeps beside them. */
async function leftBelow(prefix: string): Promise<readonly string[]> {
  const names = await readdir(path.join(server.folder, bucket, prefix), { recursive: true, withFileTypes: true }).catch(() => []);
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(server.folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

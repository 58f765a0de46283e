import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ListObjectVersionsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';

import type { S3StoreOptions } from '../../src/object-stores/s3-options.ts';
import { type S3Store, openS3Store } from '../../src/object-stores/s3-store.ts';
import { all, bytesOf, failure, inChunks } from '../contracts/object-store-helpers.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../harness/faulty-http-proxy.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

const mebibyte = 1024 * 1024;
const large = (): AsyncIterable<Uint8Array> => inChunks(new Uint8Array(11 * mebibyte), mebibyte);
let server: VersitygwServer;
let proxy: FaultyHttpProxy;

/** versitygw takes the request and leaves the encryption out. */
before(async () => {
  server = await startVersitygw({ buckets: ['archive', 'versioned'] });
  proxy = await startFaultyHttpProxy(server.endpoint);
  useS3Credentials(server);
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function using(options: Partial<S3StoreOptions>, work: (store: S3Store) => Promise<void>): Promise<void> {
  proxy.reset();
  const store = await openS3Store({ bucket: 'archive', endpoint: proxy.endpoint, partBytes: 5 * mebibyte, ...options });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

function unconfirmed(key: string, mode: string, bucket = 'archive') {
  const state = `the store does not confirm the server-side encryption ${mode} that was asked for`;
  return failure('E_ENCRYPTION_NOT_CONFIRMED', `Cannot write "${key}" to s3://${bucket}: ${state}`);
}

describe('S3Store on a store that ignores encryption', () => {
  for (const mode of ['AES256', 'aws:kms'] as const) {
    test(`sends it nothing in the clear when asked for ${mode}`, async () => {
      await using({ encryption: { mode } }, async (store) => {
        await assert.rejects(store.put('small', bytesOf('x')), unconfirmed('small', mode));
        await assert.rejects(store.putStream('large', large), unconfirmed('large', mode));

        const sent = proxy.requests.filter(({ url }) => /small|large/.test(url));
        assert.deepEqual(sent, []);
        assert.deepEqual(await all(store.list('')), []);
      });
    });
  }

  test('removes what it did not encrypt after it had encrypted the probe', async () => {
    await using({ encryption: { mode: 'AES256' }, checksums: 'when-supported' }, async (store) => {
      const encrypted = { 'x-amz-server-side-encryption': 'AES256' };
      proxy.arm({ method: 'PUT', url: /probe/, action: { kind: 'headers', headers: encrypted } });

      await assert.rejects(store.put('small', bytesOf('x')), unconfirmed('small', 'AES256'));
      await assert.rejects(store.putStream('large', large), unconfirmed('large', 'AES256'));

      assert.ok(proxy.requests.some(({ method, url }) => method === 'PUT' && url.includes('small')));
      assert.ok(proxy.requests.some(({ method, url }) => method === 'POST' && /large.*uploadId/.test(url)));
      assert.deepEqual(await all(store.list('')), []);
      assert.deepEqual(await all(store.listUnfinished()), []);
    });
  });

  test('removes the very version, where the bucket keeps versions', async () => {
    const s3 = server.client();
    await s3.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Enabled' } }));
    await using({ bucket: 'versioned', encryption: { mode: 'AES256' }, checksums: 'when-supported' }, async (store) => {
      const encrypted = { 'x-amz-server-side-encryption': 'AES256' };
      proxy.arm({ method: 'PUT', url: /probe/, action: { kind: 'headers', headers: encrypted } });

      await assert.rejects(store.put('small', bytesOf('x')), unconfirmed('small', 'AES256', 'versioned'));
      await assert.rejects(store.putStream('large', large), unconfirmed('large', 'AES256', 'versioned'));
    });

    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'versioned' }));
    assert.deepEqual(
      Versions.filter(({ Key = '' }) => /small|large/.test(Key)).map(({ Key }) => Key),
      [],
    );
    s3.destroy();
  });

  test('is given what it confirms', async () => {
    await using({ encryption: { mode: 'AES256' }, checksums: 'when-supported' }, async (store) => {
      proxy.arm({ url: /.*/, times: 1000, action: { kind: 'headers', headers: { 'x-amz-server-side-encryption': 'AES256' } } });

      await store.put('small', bytesOf('x'));
      await store.putStream('large', large);

      assert.deepEqual(
        (await all(store.list(''))).map(({ key, bytes }) => [key, bytes]),
        [
          ['large', 11 * mebibyte],
          ['small', 1],
        ],
      );
    });
  });
});

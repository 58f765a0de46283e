import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';

import { Failure } from '../../src/foundation/failure.ts';
import type { S3StoreOptions } from '../../src/object-stores/s3-options.ts';
import { type S3Store, openS3Store } from '../../src/object-stores/s3-store.ts';
import { all, bytesOf, failure, inChunks } from '../contracts/object-store-helpers.ts';
import { startFaultyHttpProxy } from '../harness/faulty-http-proxy.ts';
import { freePort } from '../harness/free-port.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

const mebibyte = 1024 * 1024;
const location = 's3://archive/p';
let server: VersitygwServer;

before(async () => {
  server = await startVersitygw({ tls: true, buckets: ['archive'] });
});
beforeEach(() => useS3Credentials(server));
after(() => server[Symbol.asyncDispose]());

async function using(options: Partial<S3StoreOptions>, work: (store: S3Store) => Promise<void>): Promise<void> {
  const store = await openS3Store({ bucket: 'archive', prefix: '/p/', endpoint: server.endpoint, caFile: server.caFile, ...options });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** Every kind of call, as each may meet the trouble first; HEAD has no body that could say it. */
async function everyCallRejects(store: S3Store, code: `E_${string}`, state: string): Promise<void> {
  const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
    [`write "k" to ${location}`, () => store.put('k', bytesOf('x'))],
    [`write "k" to ${location}`, () => store.put('k', new Uint8Array(6 * mebibyte))],
    [`write "k" to ${location}`, () => store.putStream('k', () => inChunks(new Uint8Array(9 * mebibyte), mebibyte))],
    [`read "k" in ${location}`, () => store.get('k')],
    [`read "k" in ${location}`, () => store.head('k')],
    [`list ${location}`, () => all(store.list(''))],
    [`remove "k" from ${location}`, () => store.delete(['k'])],
    [`remove 2 objects from ${location}`, () => store.delete(['k', 'l'])],
  ];
  for (const [doing, call] of calls) await assert.rejects(call(), failure(code, `Cannot ${doing}: ${state}`));
}

describe('S3Store', () => {
  test('refuses a store whose certificate nobody trusts', async () => {
    const state = "the store's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)";
    await using({ caFile: undefined, checksums: 'when-supported' }, (store) => everyCallRejects(store, 'E_STORE_TLS', state));
  });

  test('refuses a store whose certificate has expired', async () => {
    await using_(await startVersitygw({ tls: true, certificate: 'expired' }), async ({ endpoint, caFile }) => {
      const state = "the store's certificate has expired";
      await using({ endpoint, caFile, checksums: 'when-supported' }, (store) => everyCallRejects(store, 'E_STORE_TLS', state));
    });
  });

  test('says where nothing listens', async () => {
    const port = await freePort();
    const state = `nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`;
    const endpoint = `https://127.0.0.1:${port}`;
    await using({ endpoint, checksums: 'when-supported' }, (store) => everyCallRejects(store, 'E_STORE_UNREACHABLE', state));
  });

  test('says that the bucket is missing, in every call', async () => {
    await using({ bucket: 'absent', prefix: '', checksums: 'when-supported' }, async (store) => {
      const state = 'the bucket "absent" does not exist';
      await assert.rejects(store.put('k', bytesOf('x')), failure('E_BUCKET_MISSING', `Cannot write "k" to s3://absent: ${state}`));
      await assert.rejects(store.put('k', new Uint8Array(6 * mebibyte)), failure('E_BUCKET_MISSING'));
      await assert.rejects(store.get('k'), failure('E_BUCKET_MISSING', `Cannot read "k" in s3://absent: ${state}`));
      await assert.rejects(store.head('k'), failure('E_BUCKET_MISSING', `Cannot open s3://absent: ${state}`));
      await assert.rejects(all(store.list('')), failure('E_BUCKET_MISSING', `Cannot list s3://absent: ${state}`));
    });
  });

  test('says that there are no credentials', async () => {
    useS3Credentials(undefined);
    await using({ checksums: 'when-supported' }, (store) =>
      everyCallRejects(store, 'E_CREDENTIALS_MISSING', 'no AWS credentials were found'),
    );
  });

  test('says which credentials were refused', async () => {
    useS3Credentials({ ...server, secretAccessKey: 'wrong' });
    const state = 'the store refused the credentials (SignatureDoesNotMatch)';
    await using({ checksums: 'when-supported' }, (store) => everyCallRejects(store, 'E_CREDENTIALS_REFUSED', state));

    useS3Credentials({ accessKeyId: 'nobody', secretAccessKey: 'wrong' });
    const unknown = 'the store refused the credentials (InvalidAccessKeyId)';
    await using({ checksums: 'when-supported' }, (store) => everyCallRejects(store, 'E_CREDENTIALS_REFUSED', unknown));
  });

  test('names the permission that is missing', async () => {
    const writer = await server.addUser('writer', { bucket: 'archive', actions: ['s3:PutObject', 's3:GetObject'] });
    useS3Credentials(writer);
    await using({}, async (store) => {
      const denied = (doing: string, permission: string) =>
        failure('E_ACCESS_DENIED', `Cannot ${doing} ${location}: the credentials may not do that (it takes ${permission})`);

      await store.put('written', bytesOf('x'));
      assert.equal((await store.get('written')).byteLength, 1);
      await assert.rejects(store.delete(['written']), denied('remove "written" from', 's3:DeleteObject'));
      await assert.rejects(store.delete(['written', 'other']), denied('remove "written" and 1 more from', 's3:DeleteObject'));
      await assert.rejects(all(store.list('')), denied('list', 's3:ListBucket'));
    });
  });

  test('refuses a CA file that cannot be read or is none', async () => {
    await using folder = await temporaryFolder('ca');
    const caFile = `${folder.path}/ca.pem`;
    await assert.rejects(
      using({ caFile }, async () => undefined),
      failure('E_CA_FILE', `Cannot trust the certificates in "${caFile}": ENOENT: no such file or directory, open '${caFile}'`),
    );
    await writeFile(caFile, 'nothing');
    await assert.rejects(
      using({ caFile }, async () => undefined),
      failure('E_CA_FILE', `Cannot trust the certificates in "${caFile}": the file has no PEM certificate`),
    );
  });

  test('never overwrites on a store that ignores conditions', async () => {
    await using_(await startVersitygw({ buckets: ['archive'] }), async ({ endpoint }) => {
      await using_(await startFaultyHttpProxy(endpoint), async (proxy) => {
        await using({ endpoint: proxy.endpoint, checksums: 'when-supported' }, async (store) => {
          await store.put('kept', bytesOf('first'));
          proxy.reset();
          // As Garage does: the second put of the probe, which must be refused, is taken.
          proxy.arm({ method: 'PUT', url: /probe/, after: 1, action: { kind: 'answer', status: 200, code: 'none' } });

          await assert.rejects(
            store.put('kept', bytesOf('second'), { condition: { absent: true } }),
            failure(
              'E_CONDITIONAL_WRITES_UNSUPPORTED',
              `Cannot write "kept" to ${location} on a condition: the store does not honour conditional writes, so that two runs could overwrite each other`,
            ),
          );
          await assert.rejects(store.put('new', bytesOf('x'), { condition: { etag: '"1"' } }), failure('E_CONDITIONAL_WRITES_UNSUPPORTED'));
          assert.deepEqual(
            proxy.requests.filter(({ url }) => /kept|new/.test(url)),
            [],
          );
        });
      });
    });
  });

  test('sends Content-MD5 to a store that does not give SHA-256 back', async () => {
    await using_(await startVersitygw({ buckets: ['archive'] }), async ({ endpoint }) => {
      await using_(await startFaultyHttpProxy(endpoint), async (proxy) => {
        await using({ endpoint: proxy.endpoint }, async (store) => {
          proxy.arm({ method: 'PUT', url: /probe/, action: { kind: 'answer', status: 501, code: 'NotImplemented' } });

          assert.equal((await store.probe()).checksums, 'md5');
        });
      });
    });
  });

  test('goes through the proxy that it is given, with TLS to the store verified', async () => {
    await using_(await startConnectProxy(), async (proxy) => {
      await using({ proxy: { httpsProxy: proxy.url } }, async (store) => {
        await store.put('by-proxy', bytesOf('x'));
        assert.ok(
          proxy.targets.length > 0 && proxy.targets.every((target) => target === `127.0.0.1:${server.port}`),
          String(proxy.targets),
        );
      });
      proxy.targets.length = 0;
      await using({ proxy: { httpsProxy: proxy.url, noProxy: '127.0.0.1' } }, async (store) => {
        assert.equal((await store.head('by-proxy'))?.bytes, 1);
        assert.deepEqual(proxy.targets, []);
      });
    });
  });

  test('tells no secret in any failure', async () => {
    useS3Credentials({ accessKeyId: server.accessKeyId, secretAccessKey: 'wr0ng-secret-value' });
    await using({ checksums: 'when-supported' }, async (store) => {
      await assert.rejects(store.put('k', bytesOf('x')), (error) => {
        assert.ok(error instanceof Failure);
        assert.doesNotMatch(JSON.stringify([error.message, error.hint, error.facts]), /wr0ng-secret-value/);
        return true;
      });
    });
  });
});

async function using_<Resource extends AsyncDisposable>(resource: Resource, work: (resource: Resource) => Promise<void>): Promise<void> {
  try {
    await work(resource);
  } finally {
    await resource[Symbol.asyncDispose]();
  }
}

async function startConnectProxy() {
  const targets: string[] = [];
  const sockets = new Set<net.Socket>();
  const proxy = http.createServer().on('connect', (request, client: net.Socket, head: Buffer) => {
    targets.push(request.url ?? '');
    const [host = '', port] = (request.url ?? '').split(':');
    const upstream = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => socket.destroy()));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    targets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

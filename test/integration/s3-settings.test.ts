import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';

import { startForwardProxy } from '../harness/forward-proxy.ts';
import { freePort } from '../harness/free-port.ts';
import { passwordFile } from '../harness/archive-password.ts';
import { type RootcellarResult, runRootcellar } from '../harness/rootcellar.ts';
import type { S3Server } from '../harness/s3-server.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

let server: VersitygwServer;
let plain: VersitygwServer;

before(async () => {
  [server, plain] = await Promise.all([startVersitygw({ tls: true, buckets: ['archive'] }), startVersitygw({ buckets: ['archive'] })]);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
});

function init(name: string, to: S3Server, env: Readonly<Record<string, string>>): Promise<RootcellarResult> {
  return runRootcellar(['init'], {
    env: { ROOTCELLAR_ARCHIVE: `s3://archive/${name}`, ROOTCELLAR_PASSWORD_FILE: passwordFile, ...credentialsOf(to), ...env },
  });
}

function assertMade(result: RootcellarResult, name: string): void {
  const { exitCode, stdout, stderr } = result;
  assert.deepEqual([exitCode, stdout.split('\n')[0], stderr], [0, `Made the archive s3://archive/${name} (layout repository).`, '']);
}

const here = () => ({ ROOTCELLAR_S3_ENDPOINT: server.endpoint, ROOTCELLAR_S3_CA_FILE: server.caFile ?? '' });

describe('endpoint', () => {
  test('is what AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL says, and then spoken to as a store that is not AWS', async () => {
    // AWS would be asked by host name, archive.127.0.0.1, which no DNS knows.
    assertMade(await init('url-s3', plain, { AWS_ENDPOINT_URL_S3: plain.endpoint, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }), 'url-s3');
    assertMade(await init('url', plain, { AWS_ENDPOINT_URL: plain.endpoint }), 'url');
  });

  test('of our own setting wins', async () => {
    const env = { ROOTCELLAR_S3_ENDPOINT: plain.endpoint, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' };
    assertMade(await init('own-setting', plain, env), 'own-setting');
  });

  test('is what the profile says', async () => {
    await using folder = await temporaryFolder('profile');
    const AWS_CONFIG_FILE = path.join(folder.path, 'config');
    await writeFile(AWS_CONFIG_FILE, `[default]\nendpoint_url = ${plain.endpoint}\n`);

    assertMade(await init('profile', plain, { AWS_CONFIG_FILE }), 'profile');
  });
});

describe('region', () => {
  test('is what AWS_REGION says, also with an endpoint', async () => {
    await using other = await startVersitygw({ arguments: ['--region', 'eu-central-1'] });
    const s3 = other.client({ region: 'eu-central-1' });
    await s3.send(new CreateBucketCommand({ Bucket: 'archive' }));
    s3.destroy();
    const env = { ROOTCELLAR_S3_ENDPOINT: other.endpoint };

    assertMade(await init('region', other, { ...env, AWS_REGION: 'eu-central-1' }), 'region');
    const elsewhere = await init('elsewhere', other, { ...env, AWS_REGION: 'us-east-1' });

    assert.equal(elsewhere.exitCode, 1);
    assert.match(elsewhere.stderr, /: the bucket "archive" is in another region or behind another endpoint\n/);
  });
});

describe('CA file', () => {
  test('is what AWS_CA_BUNDLE says', async () => {
    const env = { ROOTCELLAR_S3_ENDPOINT: server.endpoint };
    assertMade(await init('bundle', server, { ...env, AWS_CA_BUNDLE: server.caFile ?? '' }), 'bundle');

    const without = await init('without', server, { ...env, ROOTCELLAR_S3_ATTEMPTS: '1' });
    assert.equal(without.exitCode, 1);
    assert.match(without.stderr, /: the store's certificate is not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\n/);
  });
});

describe('proxy', () => {
  test('of HTTPS_PROXY carries every connection, and TLS is verified through it', async () => {
    await using proxy = await startForwardProxy();

    assertMade(await init('https-proxy', server, { ...here(), HTTPS_PROXY: proxy.url }), 'https-proxy');

    assert.ok(proxy.targets.length > 0);
    assert.deepEqual([...new Set(proxy.targets)], [`127.0.0.1:${server.port}`]);
  });

  test('of HTTP_PROXY carries plain HTTP', async () => {
    await using proxy = await startForwardProxy();
    const env = { ROOTCELLAR_S3_ENDPOINT: plain.endpoint, http_proxy: proxy.url };

    assertMade(await init('http-proxy', plain, env), 'http-proxy');

    assert.ok(proxy.targets.length > 0);
    assert.deepEqual([...new Set(proxy.targets)], [`127.0.0.1:${plain.port}`]);
  });

  test('is left aside for what NO_PROXY names', async () => {
    await using proxy = await startForwardProxy();

    const env = { ...here(), HTTPS_PROXY: proxy.url, NO_PROXY: '.svc.cluster.local,127.0.0.1' };
    assertMade(await init('no-proxy', server, env), 'no-proxy');

    assert.deepEqual(proxy.targets, []);
  });

  test('that is down is said, with its address', async () => {
    const port = await freePort();
    const result = await init('down', server, { ...here(), HTTPS_PROXY: `http://127.0.0.1:${port}`, ROOTCELLAR_S3_ATTEMPTS: '1' });

    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, new RegExp(`: nothing listens at 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)\\n`));
  });
});

describe('rate windows', () => {
  test('bound the transfer by the time of the day, in place of the limit outside of them', async () => {
    await using folder = await temporaryFolder('set');
    await mkdir(path.join(folder.path, 'userRoot'));
    await writeFile(path.join(folder.path, 'userRoot/file'), randomBytes(1_000_000));
    const env = {
      ROOTCELLAR_S3_ENDPOINT: plain.endpoint,
      ROOTCELLAR_SERVER_NAME: 'prod',
      ROOTCELLAR_LAYOUT: 'plain',
      ROOTCELLAR_S3_RATE_TIME_ZONE: 'Asia/Kolkata',
    };
    const timed = async (name: string, rate: Readonly<Record<string, string>>): Promise<number> => {
      const all = { ...env, ...rate, ROOTCELLAR_ARCHIVE: `s3://archive/${name}`, ...credentialsOf(plain) };
      assert.equal((await runRootcellar(['init'], { env: all })).exitCode, 0);
      const begin = performance.now();
      const { exitCode, stderr } = await runRootcellar(['archive', folder.path], { env: all });
      assert.equal(exitCode, 0, stderr);
      return performance.now() - begin;
    };
    // A megabyte at 150 kB/s takes more than six seconds; without a limit the whole command takes about two.
    const slow = await timed('slow', { ROOTCELLAR_S3_RATE_WINDOWS: '00:00-24:00=150kB' });
    const free = await timed('free', { ROOTCELLAR_S3_RATE_WINDOWS: '00:00-24:00=none', ROOTCELLAR_S3_MAX_BYTES_PER_SECOND: '1kB' });

    assert.ok(slow > 6000, `${slow} ms`);
    assert.ok(free < 60_000, `${free} ms`);
  });
});

function credentialsOf({ accessKeyId, secretAccessKey }: S3Server): Readonly<Record<string, string>> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { freePort } from '../harness/free-port.ts';
import { startVersitygw } from '../harness/versitygw.ts';
import { type ArchiveScene, assertText, type Change, filesIn, type Place, startArchiveScene } from './bad-days-archive.ts';

const archiveMark = '.rootcellar/archive.json';
const hints = {
  credentials: 'check access key, secret key and session token, and that they are for this store and not expired',
  unreachable: 'check ROOTCELLAR_S3_ENDPOINT (--s3-endpoint: http or https, host, port), DNS, proxy and network policy, then run again',
  scheme: 'check the port of ROOTCELLAR_S3_ENDPOINT (--s3-endpoint), and whether it is http:// or https://',
};
const allow = (permission: string): string => `allow ${permission} on the bucket "vault" in the policy of the user or role`;

let scene: ArchiveScene;
before(async () => {
  scene = await startArchiveScene();
});
after(() => scene.end());

const noCredentials: Change = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

describe('a store that cannot be entered', { concurrency: 2 }, () => {
  test('says that the bucket is missing, whatever is wanted of it', async () => {
    const place = scene.place('any', { ROOTCELLAR_ARCHIVE: 's3://absent/any' });
    const refusal = {
      exitCode: 1,
      says: `Cannot read "${archiveMark}" in s3://absent/any: the bucket "absent" does not exist`,
      hint: 'create the bucket, or correct its name or the endpoint',
    };

    for (const words of [['init'], ['list']]) await place.refused(words, refusal);
  });

  test('names the ways to give credentials, within seconds though the metadata service is silent', async (t) => {
    let asked = 0;
    const silent = http.createServer(() => (asked += 1)).listen(0, '127.0.0.1');
    t.after(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const port = await portOf(silent);
    const place = scene.place('any', { ...noCredentials, AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}` });
    const begin = performance.now();

    await place.refused(['list'], {
      exitCode: 1,
      says: `Cannot read "${archiveMark}" in s3://vault/any: no AWS credentials were found`,
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the pod a role (IRSA, Pod Identity) or the machine an instance role',
    });

    assert.ok(asked > 0, 'it was looked for');
    assert.ok(performance.now() - begin < 15_000);
  });

  const wrong: readonly (readonly [string, Change, string])[] = [
    ['access key', { AWS_ACCESS_KEY_ID: 'nobody' }, 'InvalidAccessKeyId'],
    ['secret key', { AWS_SECRET_ACCESS_KEY: 'of-another-0nE' }, 'SignatureDoesNotMatch'],
  ];
  for (const [what, change, code] of wrong) {
    test(`says that the store refused a wrong ${what}`, async () => {
      await scene.place('any', change).refused(['list'], {
        exitCode: 1,
        says: `Cannot read "${archiveMark}" in s3://vault/any: the store refused the credentials (${code})`,
        hint: hints.credentials,
      });
    });
  }

  test('says where nothing listens', async () => {
    const port = await freePort();

    const { stderr } = await scene.place('any', { ROOTCELLAR_S3_ENDPOINT: `http://127.0.0.1:${port}` }).refused(['list'], {
      exitCode: 1,
      says: `Cannot read "${archiveMark}" in s3://vault/any: nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`,
      hint: hints.unreachable,
    });

    const again = `! Cannot read "${archiveMark}" in s3://vault/any: nothing listens at 127.0.0.1:${port} (ECONNREFUSED); trying again in …\n`;
    assertText(stderr.slice(0, stderr.indexOf('rootcellar:')), again);
  });

  test('says which host DNS does not know', async () => {
    // A machine without any DNS server says EAI_AGAIN.
    await scene.place('any', { ROOTCELLAR_S3_ENDPOINT: 'https://store.invalid' }).refused(['list'], {
      exitCode: 1,
      says: `Cannot read "${archiveMark}" in s3://vault/any: the host "store.invalid" is not known to DNS (…)`,
      hint: hints.unreachable,
    });
  });

  test('says what is wrong with TLS, and never goes on without', async () => {
    await using valid = await startVersitygw({ tls: true });
    await using expired = await startVersitygw({ tls: true, certificate: 'expired' });
    const secure = (endpoint: string, caFile: string | undefined): Place =>
      scene.place('any', { ROOTCELLAR_S3_ENDPOINT: endpoint, ROOTCELLAR_S3_CA_FILE: caFile });
    const says = (state: string): string => `Cannot read "${archiveMark}" in s3://vault/any: ${state}`;

    await secure(valid.endpoint, undefined).refused(['list'], {
      exitCode: 1,
      says: says("the store's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)"),
      hint: 'set ROOTCELLAR_S3_CA_FILE (--s3-ca-file) to a PEM file of the CA that signed it; verification is never turned off',
    });
    await secure(expired.endpoint, expired.caFile).refused(['list'], {
      exitCode: 1,
      says: says("the store's certificate has expired"),
      hint: 'renew the certificate of the store',
    });
    await secure(scene.s3.endpoint.replace('http:', 'https:'), valid.caFile).refused(['list'], {
      exitCode: 1,
      says: says('the endpoint does not speak TLS as expected (EPROTO)'),
      hint: hints.scheme,
    });
    await secure(valid.endpoint.replace('https:', 'http:'), undefined).refused(['list'], {
      exitCode: 1,
      says: says('the connection broke (ECONNRESET)'),
      hint: hints.unreachable,
    });
  });

  test('says that the CA file is missing, or holds no certificate', async () => {
    const absent = path.join(scene.home, 'absent.pem');
    const empty = path.join(scene.folder, 'b.txt');
    const hint = 'set ROOTCELLAR_S3_CA_FILE (--s3-ca-file) to a PEM file that this user may read';

    await scene.place('any', { ROOTCELLAR_S3_CA_FILE: absent }).refused(['list'], {
      exitCode: 2,
      says: `Cannot trust the certificates in "${absent}": ENOENT: no such file or directory, open '${absent}'`,
      hint,
    });
    await scene.place('any', { ROOTCELLAR_S3_CA_FILE: empty }).refused(['list'], {
      exitCode: 2,
      says: `Cannot trust the certificates in "${empty}": the file has no PEM certificate`,
      hint,
    });
  });

  test('says that the clocks differ too much, in both directions, and doctor says it before that', async () => {
    const shifted = (minutes: number): Change => ({
      NODE_OPTIONS: `--import=${pathToFileURL(path.join(import.meta.dirname, '../harness/shifted-clock.mjs')).href}`,
      ROOTCELLAR_TEST_CLOCK_SHIFT: String(minutes * 60_000),
    });
    const place = await scene.archive('skewed');

    for (const minutes of [60, -60]) {
      await place.with(shifted(minutes)).refused(['list'], {
        exitCode: 1,
        says: `Cannot read "${archiveMark}" in s3://vault/skewed: this machine's clock and the store's differ too much`,
        hint: 'set the clock (NTP) on whichever of the two is wrong',
      });
    }
    const { stdout } = await place.with(shifted(10)).succeeds('doctor');
    assertText(
      linesWith(stdout, 'archive: clock', 2),
      "! archive: clock: the store's clock is … behind this machine's\n    → set this machine's clock (NTP); S3 refuses requests from 15 minutes on\n",
    );
  });
});

describe('credentials that may not everything', () => {
  const as = async (name: string, place: Place, ...actions: string[]): Promise<Place> => {
    const user = await scene.s3.addUser(name, { bucket: 'vault', actions });
    return place.with({ AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey });
  };

  test('a writer that may not list can do nothing by halves: each command names the permission', async () => {
    const place = await as('put-only', await scene.archive('put-only'), 's3:PutObject', 's3:GetObject');
    const files = await filesIn(place.objects);
    const refusal = {
      exitCode: 1,
      says: 'Cannot list s3://vault/put-only: the credentials may not do that (it takes s3:ListBucket)',
      hint: allow('s3:ListBucket'),
    };

    for (const words of [['list'], ['archive', scene.folder], ['forget', '--keep-last', '1', '--yes']]) {
      await place.refused(words, refusal);
    }
    await place.refused(['prune'], {
      exitCode: 1,
      says: 'Cannot list the unfinished uploads in s3://vault/put-only: the credentials may not do that (it takes s3:ListBucketMultipartUploads)',
      hint: allow('s3:ListBucketMultipartUploads'),
    });
    const { stdout, exitCode } = await place.run('doctor');
    assert.equal(exitCode, 1);
    assertText(
      linesWith(stdout, 'archive: list', 2),
      '✗ archive: list: Cannot list ".rootcellar/doctor/…/" in s3://vault/put-only: the credentials may not do that (it takes s3:ListBucket)\n' +
        `    → ${allow('s3:ListBucket')}\n`,
    );
    const now = await filesIn(place.objects);
    assert.deepEqual(
      files.filter((file) => !now.includes(file)),
      [],
    );
  });

  test('a writer that may not delete can archive, and what it may not forget stays whole', async () => {
    const place = await as('no-delete', await scene.archive('no-delete'), 's3:PutObject', 's3:GetObject', 's3:ListBucket');

    await place.succeeds('archive', scene.folder);
    const [, older] = scene.snapshots;
    await place.refused(['forget', '--keep-last', '2', '--yes'], {
      exitCode: 1,
      says: `Cannot remove "prod/${older.backupId}/manifest.json" from s3://vault/no-delete: the credentials may not do that (it takes s3:DeleteObject)`,
      hint: allow('s3:DeleteObject'),
    });

    assert.match((await place.succeeds('verify', '--read-data')).stdout, /^Whole: 3 snapshots; every byte was read\.\n$/);
    const { stdout } = await place.succeeds('doctor');
    assertText(
      linesWith(stdout, 'archive: delete', 2),
      '! archive: delete: Cannot remove ".rootcellar/doctor/…" and … more from s3://vault/no-delete: the credentials may not do that (it takes s3:DeleteObject); …\n' +
        '    → a writer without s3:DeleteObject can make backups; let another account run forget and prune\n',
    );
  });

  test('a reader can list, verify and fetch, and is told what writing takes', async () => {
    const place = await as('reader', await scene.archive('read-only'), 's3:GetObject', 's3:ListBucket');
    const files = await filesIn(place.objects);

    await place.succeeds('verify', '--read-data');
    await place.succeeds('fetch', 'latest', '--to', path.join(scene.home, 'read-only'));
    await place.refused(['archive', scene.folder], {
      exitCode: 1,
      says: 'Cannot write the probe ".rootcellar-store/probe-…" to s3://vault/read-only: the credentials may not do that (it takes s3:PutObject)',
      hint: allow('s3:PutObject'),
    });

    assert.deepEqual(await filesIn(place.objects), files);
  });
});

async function portOf(server: http.Server): Promise<number> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return address.port;
}

/** So many lines from the one that has the text. */
function linesWith(text: string, part: string, count: number): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.includes(part));
  return lines
    .slice(first, first + count)
    .map((line) => `${line}\n`)
    .join('');
}

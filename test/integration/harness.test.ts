import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import tls from 'node:tls';
import { once } from 'node:events';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { startOpendj } from '../harness/opendj.ts';
import { runRootcellar, spawnRootcellar } from '../harness/rootcellar.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw } from '../harness/versitygw.ts';

const isGone = (pid: number): boolean => {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
};

suite('startOpendj()', () => {
  test('gives a server with its people, verified by its CA file, on loopback only', async () => {
    await using server = await startOpendj({ people: 50 });
    const client = await server.connect();

    const { searchEntries: people } = await client.search(`ou=People,${server.baseDn}`, { scope: 'one', attributes: ['uid'] });

    await client.unbind();
    assert.equal(people.length, 50);
    assert.equal(people.at(0)?.dn, `uid=user.0,ou=People,${server.baseDn}`);
    const config = await readFile(path.join(server.folder, 'config/config.ldif'), 'utf8');
    const addresses = new Set([...config.matchAll(/^ds-cfg-listen-address: (.*)$/gm)].map(([, address]) => address));
    assert.deepEqual(addresses, new Set(['127.0.0.1']));
  });

  test('comes back after SIGKILL with what was written, and leaves nothing running', async () => {
    let pid: number;
    {
      await using server = await startOpendj({ people: 50 });
      const before = await server.connect();
      await before.del(`uid=user.7,ou=People,${server.baseDn}`);
      await before.unbind();
      await server.kill();
      await server.restart();
      const after = await server.connect();
      const { searchEntries } = await after.search(server.baseDn, { filter: '(uid=user.7)' });
      await after.unbind();
      assert.deepEqual(searchEntries, []);
      pid = server.pid;
    }
    assert.ok(isGone(pid));
  });

  test('runs the tools of the instance', async () => {
    await using server = await startOpendj({ people: 50 });

    const backends = await server.tool('list-backends', []);

    assert.match(backends, /^userRoot +: "dc=example,dc=com"$/m);
  });

  test('with an expired certificate is refused by a client that verifies', async () => {
    await using server = await startOpendj({ people: 50, certificate: 'expired' });

    await assert.rejects(server.connect(), { code: 'CERT_HAS_EXPIRED' });
  });
});

suite('startVersitygw()', () => {
  test('keeps objects as files of its folder, over verified TLS', async () => {
    await using server = await startVersitygw({ tls: true, buckets: ['backups'] });
    const s3 = server.client({ responseChecksumValidation: 'WHEN_REQUIRED' });

    await s3.send(new PutObjectCommand({ Bucket: 'backups', Key: 'a/b', Body: 'hello' }));
    await writeFile(path.join(server.folder, 'backups/a/b'), 'jello');
    const got = await s3.send(new GetObjectCommand({ Bucket: 'backups', Key: 'a/b' }));

    assert.equal(await got.Body?.transformToString(), 'jello');
    s3.destroy();
  });

  test('shows a certificate that only its CA file verifies', async () => {
    await using server = await startVersitygw({ tls: true });
    const connect = async (ca?: Buffer): Promise<void> => {
      const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca });
      await once(socket, 'secureConnect').finally(() => socket.destroy());
    };

    await connect(await readFile(server.caFile ?? ''));
    await assert.rejects(connect(), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  test('with an expired certificate is refused by a client that verifies', async () => {
    await using server = await startVersitygw({ tls: true, certificate: 'expired' });
    const s3 = server.client();

    await assert.rejects(s3.send(new ListBucketsCommand({})), { code: 'CERT_HAS_EXPIRED' });
    s3.destroy();
  });

  test('addUser() makes a user who may put, but not list or delete', async () => {
    await using server = await startVersitygw({ buckets: ['backups'] });
    const credentials = await server.addUser('writer', { bucket: 'backups', actions: ['s3:PutObject', 's3:GetObject'] });
    const s3 = server.client({ credentials });
    const denied = (error: unknown): boolean => error instanceof S3ServiceException && error.name === 'AccessDenied';

    await s3.send(new PutObjectCommand({ Bucket: 'backups', Key: 'k', Body: 'v' }));
    await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket: 'backups' })), denied);
    await assert.rejects(s3.send(new DeleteObjectCommand({ Bucket: 'backups', Key: 'k' })), denied);
    s3.destroy();
  });

  test('comes back after SIGKILL on the same port with its objects', async () => {
    await using server = await startVersitygw({ buckets: ['backups'] });
    const first = server.client();
    await first.send(new PutObjectCommand({ Bucket: 'backups', Key: 'k', Body: 'kept' }));
    first.destroy();
    const { pid } = server;

    await server.kill();
    assert.ok(isGone(pid));
    await server.restart();

    const second = server.client();
    const got = await second.send(new GetObjectCommand({ Bucket: 'backups', Key: 'k' }));
    assert.equal(await got.Body?.transformToString(), 'kept');
    second.destroy();
  });

  test('passes arguments on: --max-requests makes it answer SlowDown', async () => {
    await using server = await startVersitygw({ buckets: ['backups'], arguments: ['--max-requests', '1'] });
    const s3 = server.client();

    let refusals: readonly unknown[] = [];
    // Some of many at once are in flight together, sooner or later.
    while (refusals.length === 0) {
      const asked = Array.from({ length: 20 }, () => s3.send(new ListObjectsV2Command({ Bucket: 'backups' })));
      refusals = (await Promise.allSettled(asked)).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    }

    assert.ok(
      refusals.every((refusal) => refusal instanceof S3ServiceException && refusal.name === 'SlowDown'),
      String(refusals[0]),
    );
    s3.destroy();
  });
});

suite('runRootcellar()', () => {
  test('gives the exit code and both streams of the real program', async () => {
    const result = await runRootcellar(['--version']);

    assert.equal(result.exitCode, 0);
    assert.match(result.stdout, /^(rootcellar )?\d+\.\d+\.\d+/);
    assert.equal(result.stderr, '');
  });

  test('inherits no setting of the person who runs the tests', async () => {
    process.env['ROOTCELLAR_CONFIG'] = '/nonexistent/rootcellar.yaml';
    try {
      const result = await runRootcellar(['config', 'schema']);
      assert.equal(result.exitCode, 0);
    } finally {
      delete process.env['ROOTCELLAR_CONFIG'];
    }
  });

  test('spawnRootcellar() can be killed', async () => {
    const program = spawnRootcellar(['--help']);

    program.kill('SIGKILL');

    assert.equal((await program.ended).endedBy, 'SIGKILL');
  });
});

test('temporaryFolder() is gone after its scope', async () => {
  let folder: string;
  {
    await using temporary = await temporaryFolder();
    folder = temporary.path;
    await writeFile(path.join(folder, 'file'), 'content');
  }
  await assert.rejects(stat(folder), { code: 'ENOENT' });
});

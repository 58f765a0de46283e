import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { notificationSchema } from '../../src/agent/notify/notification.ts';
import { passwordFile } from '../harness/archive-password.ts';
import { startPushgateway } from '../harness/pushgateway.ts';
import { startReceiver } from '../harness/receiver.ts';
import { runRootcellar } from '../harness/rootcellar.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

test('"agent --once verify" tells a failure, and the next process the recovery; the gateway keeps the last success meanwhile', async () => {
  await using folder = await temporaryFolder('agent-reporting');
  await using webhook = await startReceiver();
  await using checks = await startReceiver();
  await using gateway = await startPushgateway();
  const pingFile = path.join(folder.path, 'pings');
  await writeFile(pingFile, `verify ${checks.url}/s3cret-check\n`);
  const archive = path.join(folder.path, 'archive');
  const env = {
    ROOTCELLAR_ARCHIVE: archive,
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_CACHE_FOLDER: path.join(folder.path, 'cache'),
    ROOTCELLAR_AGENT_NAME: 'ds-0',
    ROOTCELLAR_AGENT_ATTEMPTS: '1',
    ROOTCELLAR_NOTIFY_WEBHOOK: webhook.url,
    ROOTCELLAR_NOTIFY_PING_FILE: pingFile,
    ROOTCELLAR_METRICS_PUSH_GATEWAY: gateway.url,
    ROOTCELLAR_LOG_LEVEL: 'info',
  };
  const verifyOnce = () => runRootcellar(['agent', '--once', 'verify'], { env });
  const lastSuccess = async (): Promise<string | undefined> =>
    /^rootcellar_last_success_timestamp_seconds{command="verify",group="directory".*} (\S+)$/m.exec(await gateway.read())?.[1];
  assert.equal((await runRootcellar(['init'], { env })).exitCode, 0);

  const good = await verifyOnce();
  const succeededAt = await lastSuccess();
  await rename(path.join(archive, 'config'), path.join(folder.path, 'config'));
  const bad = await verifyOnce();
  const afterFailure = await lastSuccess();
  await rename(path.join(folder.path, 'config'), path.join(archive, 'config'));
  const again = await verifyOnce();

  assert.deepEqual(
    [good, bad, again].map(({ exitCode }) => exitCode),
    [0, 10, 0],
    bad.stderr,
  );
  assert.ok(succeededAt !== undefined);
  assert.equal(afterFailure, succeededAt);
  assert.ok(Number(await lastSuccess()) > Number(succeededAt));
  const told = webhook.requests.map(({ body }) => notificationSchema.parse(JSON.parse(body.toString())));
  assert.deepEqual(
    told.map(({ kind, command, reasons, exitCode }) => [kind, command, reasons[0]?.code, exitCode]),
    [
      ['failure', 'verify', 'E_ARCHIVE_MISSING', 10],
      ['recovery', 'verify', undefined, 0],
    ],
  );
  assert.deepEqual(
    checks.requests.map(({ path: asked }) => asked.replace(/\?rid=.*/, '')),
    ['/s3cret-check/start', '/s3cret-check', '/s3cret-check/start', '/s3cret-check/fail', '/s3cret-check/start', '/s3cret-check'],
  );
  assert.doesNotMatch([good, bad, again].map(({ stdout, stderr }) => stdout + stderr).join(''), /s3cret/);
});

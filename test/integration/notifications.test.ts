import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { notificationSchema } from '../../src/agent/notify/notification.ts';
import { pingRunId } from '../../src/agent/notify/ping.ts';
import type { RunOutcome, RunRecord } from '../../src/domain/run-record.ts';
import { makeCertificate } from '../harness/certificates.ts';
import { exampleRunRecord } from '../harness/example-run-record.ts';
import { exampleSnapshot } from '../harness/example-snapshot.ts';
import { startForwardProxy } from '../harness/forward-proxy.ts';
import { freePort } from '../harness/free-port.ts';
import { startMailServer } from '../harness/mail-server.ts';
import { startReceiver } from '../harness/receiver.ts';
import { startReportingScene } from '../harness/reporting-scene.ts';
import { ScriptedAgent } from '../harness/scripted-agent.ts';

const secretPath = '/services/T0/B0/s3cret-slack-token';

function runAt(hour: number, outcome: RunOutcome, parts: Partial<RunRecord> = {}): RunRecord {
  return exampleRunRecord({ beganAt: new Date(Date.UTC(2026, 10, 23, hour)).toISOString(), outcome, ...parts });
}

test('Slack, a webhook and mail are told of a failure once and of the recovery, and of nothing else', async () => {
  const certificate = makeCertificate({ commonName: 'mail', hosts: ['127.0.0.1'] });
  await using slack = await startReceiver();
  await using webhook = await startReceiver();
  await using mail = await startMailServer({ tls: 'none', certificate });
  const good = exampleSnapshot({ server: 'ds-1' });
  await using scene = await startReportingScene({
    archive: [good],
    files: { slack: `${slack.url}${secretPath}\n`, token: 't0ken-of-the-webhook\n' },
    notify: {
      slackUrlFile: 'file:slack',
      webhook: `${webhook.url}/backups?team=directory`,
      webhookTokenFile: 'file:token',
      mail: { server: `smtp://127.0.0.1:${mail.port}`, from: 'rootcellar@example.com', to: ['a@example.com', 'b@example.com'] },
    },
  });
  const { agent } = scene;
  const failure = runAt(6, 'failure', { attempt: 3, log: ['one <line>'] });

  agent.end(runAt(0, 'success'));
  agent.end(runAt(5, 'failure', { isTriedAgain: true }));
  agent.end(runAt(5, 'failure', { job: 'verify' }), false);
  agent.end(failure);
  await slack.received(1);
  agent.end(runAt(7, 'failure'));
  agent.end(runAt(8, 'success'));
  agent.end(runAt(9, 'success'));
  await scene.reporting.stop();

  assert.deepEqual(
    [slack, webhook].map(({ requests }) => requests.length),
    [2, 2],
  );
  const told = webhook.requests.map(({ body }) => notificationSchema.parse(JSON.parse(body.toString())));
  assert.deepEqual(
    told.map(({ kind, run, lastGood, log }) => [kind, run, lastGood?.id, log]),
    [
      ['failure', failure.id, good.id, ['one <line>']],
      ['recovery', runAt(8, 'success').id, good.id, []],
    ],
  );
  const [posted] = webhook.requests;
  assert.deepEqual(
    [posted?.method, posted?.path, posted?.headers.authorization],
    ['POST', '/backups?team=directory', 'Bearer t0ken-of-the-webhook'],
  );
  const slackTexts = slack.requests.map(({ path, body }) => [path, (JSON.parse(body.toString()) as { text: string }).text] as const);
  assert.equal(slackTexts[0]?.[0], secretPath);
  assert.match(
    slackTexts[0]?.[1] ?? '',
    /^:red_circle: \*backup of directory failed\*\nFailed on ds-0 .*after 3 attempts\.\nCannot connect /,
  );
  assert.match(slackTexts[1]?.[1] ?? '', /^:large_green_circle: \*backup of directory succeeds again\*/);
  assert.deepEqual(
    mail.mails.map(({ from, to, user }) => [from, to, user]),
    Array.from({ length: 2 }, () => ['rootcellar@example.com', ['a@example.com', 'b@example.com'], undefined]),
  );
  assert.match(mail.mails[0]?.source ?? '', /^Subject: rootcellar: backup of directory failed\r$/m);
  assert.match(mail.mails[0]?.source ?? '', /^Auto-Submitted: auto-generated\r$/m);
  const { text } = await scene.reporting.render();
  for (const kind of ['slack', 'webhook', 'mail']) {
    assert.match(text, new RegExp(`^rootcellar_notifications_total{kind="${kind}",outcome="sent"} 2$`, 'm'));
    assert.match(text, new RegExp(`^rootcellar_notifications_total{kind="${kind}",outcome="failed"} 0$`, 'm'));
  }
});

test('Slack is escaped where it takes signs for its own', async () => {
  await using slack = await startReceiver();
  await using scene = await startReportingScene({ files: { slack: `${slack.url}/x` }, notify: { slackUrlFile: 'file:slack' } });

  scene.agent.end(runAt(0, 'partial', { exitCode: 3, result: { remarks: ['<!channel> 2 < 100 & more'] } }));

  const { body } = await slack.received(1);
  assert.match(
    (JSON.parse(body.toString()) as { text: string }).text,
    /^:large_yellow_circle: .*\n.*\n&lt;!channel&gt; 2 &lt; 100 &amp; more\.$/m,
  );
});

test('an agent that begins anew tells the recovery of a failure that it knows only from the history', async () => {
  await using webhook = await startReceiver();
  const agent = new ScriptedAgent({ name: 'ds-1' });
  agent.history.push(runAt(0, 'success'), runAt(6, 'failure'));
  await using scene = await startReportingScene({ agent, notify: { webhook: webhook.url } });

  scene.agent.end(runAt(12, 'success', { agent: 'ds-1' }));

  const { body } = await webhook.received(1);
  assert.deepEqual((({ kind, since, agent: by }) => ({ kind, since, by }))(notificationSchema.parse(JSON.parse(body.toString()))), {
    kind: 'recovery',
    since: runAt(6, 'failure').endedAt,
    by: 'ds-1',
  });
});

test('a failure is told also while neither history nor archive can be read, and once only', async () => {
  await using webhook = await startReceiver();
  const agent = new ScriptedAgent();
  agent.trouble = new Error('the store does not answer');
  await using scene = await startReportingScene({ agent, archive: agent.trouble, notify: { webhook: webhook.url } });

  agent.end(runAt(0, 'failure'));
  agent.end(runAt(1, 'failure'));
  agent.end(runAt(2, 'success'));
  await scene.reporting.stop();

  const told = webhook.requests.map(({ body }) => notificationSchema.parse(JSON.parse(body.toString())));
  assert.deepEqual(
    told.map(({ kind, runsSince, lastGood }) => [kind, runsSince, lastGood]),
    [
      ['failure', 1, null],
      ['recovery', 2, null],
    ],
  );
});

test('a receiver that is away is tried again until it is back, and holds up no other', async () => {
  const port = await freePort();
  await using webhook = await startReceiver();
  await using scene = await startReportingScene({
    files: { slack: `http://127.0.0.1:${port}${secretPath}` },
    notify: { slackUrlFile: 'file:slack', webhook: webhook.url },
  });
  webhook.answers = [503, 429];

  scene.agent.end(runAt(0, 'failure'));
  await webhook.received(3);
  await using slack = await startReceiver({ port });
  await slack.received(1);
  await scene.reporting.stop();

  assert.equal(webhook.requests.length, 3);
  assert.match((await scene.reporting.render()).text, /^rootcellar_notifications_total{kind="slack",outcome="sent"} 1$/m);
});

test('what a receiver refuses for good is logged and counted, without the address that is a secret, and not tried again', async () => {
  await using slack = await startReceiver();
  await using pings = await startReceiver();
  slack.answers = [404];
  pings.answers = [301];
  await using scene = await startReportingScene({
    files: { slack: `${slack.url}${secretPath}`, pings: `backup ${pings.url}/s3cret-check\n` },
    notify: { slackUrlFile: 'file:slack', pingFile: 'file:pings' },
  });

  scene.agent.end(runAt(0, 'failure'));
  await scene.reporting.stop();

  assert.deepEqual([slack.requests.length, pings.requests.length], [1, 1]);
  assert.match(scene.log(), /"kind":"slack","code":"E_NOT_DELIVERED","reason":"Cannot tell Slack of a run: it answered 404"/);
  assert.match(scene.log(), /"reason":"Cannot ping the check of backup in notify\.pingFile: it answered 301, which sends elsewhere"/);
  assert.doesNotMatch(scene.log(), /s3cret/);
  assert.match((await scene.reporting.render()).text, /^rootcellar_notifications_total{kind="ping",outcome="failed"} 1$/m);
});

test('stop() ends after its bound when neither a receiver nor the archive ever answers', async () => {
  await using webhook = await startReceiver();
  webhook.answers = ['hang', 'hang'];
  await using scene = await startReportingScene({ notify: { webhook: webhook.url }, archive: 'hang', stopMilliseconds: 300 });
  scene.agent.end(runAt(0, 'failure'));
  await webhook.received(1);
  scene.agent.trouble = 'hang';
  scene.agent.end(runAt(1, 'success'));
  const begin = performance.now();

  await scene.reporting.stop();

  assert.ok(performance.now() - begin < 5000);
  assert.match((await scene.reporting.render()).text, /^rootcellar_notifications_total{kind="webhook",outcome="dropped"} 1$/m);
});

test('pings follow the convention of Healthchecks: start, success, fail with the end of the log, and the same run ID', async () => {
  await using pings = await startReceiver();
  await using scene = await startReportingScene({
    files: { pings: `backup ${pings.url}/ping/8a8c-backup\nverify ${pings.url}/ping/key/verify?create=1\n` },
    notify: { pingFile: 'file:pings' },
  });
  const { agent } = scene;
  const [good, bad] = [runAt(0, 'success'), runAt(6, 'failure', { log: ['the last line ü'] })];
  const verified = runAt(3, 'success', { job: 'verify' });

  agent.begin(good);
  agent.end(good);
  await pings.received(2);
  agent.begin(verified);
  await pings.received(3);
  agent.end({ ...verified, outcome: 'failure', isTriedAgain: true });
  agent.begin(bad);
  agent.end(bad);
  await pings.received(5);
  agent.begin(runAt(9, 'success', { job: 'prune' }));
  agent.end(runAt(10, 'skipped'));
  agent.end(runAt(11, 'success'), false);
  await scene.reporting.stop();

  assert.deepEqual(
    pings.requests.map(({ method, path, body }) => [method, path, body.toString()]),
    [
      ['GET', `/ping/8a8c-backup/start?rid=${pingRunId(good.id)}`, ''],
      ['GET', `/ping/8a8c-backup?rid=${pingRunId(good.id)}`, ''],
      ['GET', `/ping/key/verify/start?create=1&rid=${pingRunId(verified.id)}`, ''],
      ['GET', `/ping/8a8c-backup/start?rid=${pingRunId(bad.id)}`, ''],
      [
        'POST',
        `/ping/8a8c-backup/fail?rid=${pingRunId(bad.id)}`,
        'E_SERVER_UNREACHABLE: Cannot connect to ldaps://localhost:1636: nothing listens there\nthe last line ü',
      ],
    ],
  );
});

test('secrets are read with each sending, so that they can be replaced', async () => {
  await using first = await startReceiver();
  await using second = await startReceiver();
  await using scene = await startReportingScene({ files: { slack: `${first.url}/1` }, notify: { slackUrlFile: 'file:slack' } });

  scene.agent.end(runAt(0, 'failure'));
  await first.received(1);
  await scene.settings({ files: { slack: `${second.url}/2` } });
  scene.agent.end(runAt(1, 'success'));

  assert.equal((await second.received(1)).path, '/2');
});

test('HTTPS is checked against notify.caFile, and goes through the proxy of the environment', async () => {
  const authority = makeCertificate({ commonName: 'ca', isAuthority: true });
  const certificate = makeCertificate({ commonName: 'hook', hosts: ['127.0.0.1'], issuer: { ...authority, commonName: 'ca' } });
  await using webhook = await startReceiver({ certificate });
  await using proxy = await startForwardProxy();
  await using scene = await startReportingScene({
    files: { ca: authority.certificatePem },
    notify: { webhook: webhook.url, caFile: 'file:ca' },
    environment: { HTTPS_PROXY: proxy.url },
  });

  scene.agent.end(runAt(0, 'failure'));
  await webhook.received(1);
  assert.deepEqual(proxy.targets, [webhook.url.replace('https://', '')]);

  await using distrustful = await startReportingScene({ notify: { webhook: webhook.url } });
  distrustful.agent.end(runAt(1, 'failure'));
  await distrustful.reporting.stop();
  assert.equal(webhook.requests.length, 1);
  assert.match(
    distrustful.log(),
    /Cannot tell the webhook at https:\/\/127\.0\.0\.1:\d+ of a run: (unable to verify the first certificate|self-signed)/,
  );
});

suite('mail', () => {
  const certificate = makeCertificate({ commonName: 'mail', hosts: ['127.0.0.1'] });
  const login = { user: 'rootcellar', password: 'mail-s3cret-Zk3' };
  const files = { ca: certificate.certificatePem, password: `${login.password}\n` };
  const mailOf = (scheme: string, port: number) => ({
    server: `${scheme}://127.0.0.1:${port}`,
    from: 'rootcellar@example.com',
    to: ['backups@example.com'],
    user: login.user,
    passwordFile: 'file:password',
    caFile: 'file:ca',
  });

  for (const [tls, scheme] of [
    ['implicit', 'smtps'],
    ['starttls', 'smtp'],
  ] as const) {
    test(`is sent over TLS (${tls}) with a login, and again when the server is busy`, async () => {
      await using server = await startMailServer({ tls, certificate, login });
      server.refusals = [451];
      await using scene = await startReportingScene({ files, notify: { mail: mailOf(scheme, server.port) } });

      scene.agent.end(runAt(0, 'failure', { log: ['the last line'] }));

      const mail = await server.received(1);
      assert.deepEqual([mail.user, mail.isEncrypted], [login.user, true]);
      assert.match(mail.source, /the last line/);
    });
  }

  test('sends no password without TLS', async () => {
    await using server = await startMailServer({ tls: 'none', certificate, login });
    await using scene = await startReportingScene({ files, notify: { mail: mailOf('smtp', server.port) } });

    scene.agent.end(runAt(0, 'failure'));
    await scene.reporting.stop();

    assert.equal(server.mails.length, 0);
    assert.match(scene.log(), /Cannot mail by way of 127\.0\.0\.1:\d+ of a run: /);
    assert.doesNotMatch(scene.log(), /s3cret/);
  });

  for (const [what, wrong, state] of [
    ['a wrong password', { password: 'wr0ng-s3cret' }, /Invalid login: 535/],
    [
      'a certificate of somebody else',
      { ca: makeCertificate({ commonName: 'other', isAuthority: true }).certificatePem },
      /self-signed certificate/,
    ],
  ] as const) {
    test(`tells ${what} in the log, without the password`, async () => {
      await using server = await startMailServer({ tls: 'implicit', certificate, login });
      await using scene = await startReportingScene({ files: { ...files, ...wrong }, notify: { mail: mailOf('smtps', server.port) } });

      scene.agent.end(runAt(0, 'failure'));
      await scene.reporting.stop();

      assert.equal(server.mails.length, 0);
      assert.match(scene.log(), state);
      assert.doesNotMatch(scene.log(), /s3cret/);
    });
  }
});

test('startReporting() refuses a file that cannot be used, before anything begins', async () => {
  await assert.rejects(startReportingScene({ files: { pings: 'backup\n' }, notify: { pingFile: 'file:pings' } }), {
    code: 'E_USAGE',
    exitCode: 2,
  });
  await assert.rejects(startReportingScene({ notify: { slackUrlFile: 'file:absent' } }), { code: 'E_SECRET_FILE', exitCode: 2 });
  await assert.rejects(startReportingScene({ files: { ca: 'none' }, notify: { caFile: 'file:ca' } }), {
    code: 'E_USAGE',
    message: /^Cannot use the file .*\/ca of the setting notify\.caFile: it holds no certificate in PEM$/,
  });
});

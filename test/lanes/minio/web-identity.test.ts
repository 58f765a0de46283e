import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { type GivenCredentials, startInstanceMetadata, startPodIdentityAgent } from '../../harness/aws-credential-services.ts';
import { startMinio } from '../../harness/minio.ts';
import { passwordFile } from '../../harness/archive-password.ts';
import { type RootcellarResult, runRootcellar } from '../../harness/rootcellar.ts';
import type { S3Server } from '../../harness/s3-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../../harness/temporary-folder.ts';
import { type TokenClaims, type TokenIssuer, startTokenIssuer } from '../../harness/token-issuer.ts';

const audience = 'sts.amazonaws.com';
const claims: TokenClaims = { audience, subject: 'system:serviceaccount:directory:backup', expiresInSeconds: 3600 };
// MinIO names the role of an issuer by the SHA-1 of its client id.
const roleArn = `arn:minio:iam:::role/${createHash('sha1').update(audience).digest('base64url')}`;

let issuer: TokenIssuer;
let server: S3Server;
let folder: TemporaryFolder;

before(async () => {
  [issuer, folder] = await Promise.all([startTokenIssuer(), temporaryFolder('web-identity')]);
  server = await startMinio({
    tls: true,
    buckets: ['archive'],
    environment: {
      MINIO_IDENTITY_OPENID_CONFIG_URL: issuer.configurationUrl,
      MINIO_IDENTITY_OPENID_CLIENT_ID: audience,
      MINIO_IDENTITY_OPENID_ROLE_POLICY: 'readwrite',
    },
  });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await folder.remove();
});

/** As a pod with IRSA: the webhook of EKS sets just these two variables. */
async function init(name: string, token: string, env: Readonly<Record<string, string>> = {}): Promise<RootcellarResult> {
  const tokenFile = path.join(folder.path, name);
  await writeFile(tokenFile, token, { mode: 0o600 });
  const irsa = { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: roleArn, AWS_ENDPOINT_URL_STS: server.endpoint };
  return initWith(name, { ...irsa, ...env });
}

function initWith(name: string, env: Readonly<Record<string, string>>): Promise<RootcellarResult> {
  const store = {
    ROOTCELLAR_ARCHIVE: `s3://archive/${name}`,
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_S3_ENDPOINT: server.endpoint,
  };
  return runRootcellar(['init'], { env: { ...store, ROOTCELLAR_S3_CA_FILE: server.caFile ?? '', ...env } });
}

function assertMade(result: RootcellarResult, name: string): void {
  const { exitCode, stdout, stderr } = result;
  assert.deepEqual([exitCode, stdout.split('\n')[0], stderr], [0, `Made the archive s3://archive/${name} (layout repository).`, '']);
}

function assertRefused(result: RootcellarResult, name: string, reason: string): void {
  const [sentence, hint] = result.stderr.split('\n');
  const state = `the token service gave no credentials for the role (InvalidParameterValue: ${reason})`;
  assert.equal(sentence, `rootcellar: Cannot read ".rootcellar/archive.json" in s3://archive/${name}: ${state}`);
  assert.match(
    hint ?? '',
    /^ {2}→ check AWS_ROLE_ARN and the trust policy of the role, and that the token in AWS_WEB_IDENTITY_TOKEN_FILE /,
  );
  assert.deepEqual([result.exitCode, result.stdout], [1, '']);
}

describe('credentials by web identity (IRSA)', () => {
  test('come from the token service, whose TLS is verified with our CA file', async () => {
    assertMade(await init('irsa', issuer.token(claims)), 'irsa');
  });

  test('are refused for a token that has expired', async () => {
    assertRefused(await init('expired', issuer.token({ ...claims, expiresInSeconds: -600 })), 'expired', 'Token is expired');
  });

  test('are refused for a token that somebody else signed, and the token is not shown', async () => {
    const token = issuer.forged(claims);

    const result = await init('forged', token);

    assertRefused(result, 'forged', 'crypto/rsa: verification error');
    for (const part of token.split('.')) assert.ok(!result.stderr.includes(part));
  });

  test('are refused for a token that is for another audience', async () => {
    const reason = 'STS JWT Token has `azp` claim invalid, `azp` must match configured OpenID Client ID';
    assertRefused(await init('audience', issuer.token({ ...claims, audience: 'vault' })), 'audience', reason);
  });

  test('are refused for a role that is not there', async () => {
    const reason = 'Error processing RoleArn parameter: RoleARN arn:minio:iam:::role/nobody is not defined';
    assertRefused(await init('role', issuer.token(claims), { AWS_ROLE_ARN: 'arn:minio:iam:::role/nobody' }), 'role', reason);
  });
});

describe('credentials with a session token', () => {
  test('are taken from EKS Pod Identity and from the instance metadata, and the store accepts them', async () => {
    const session = await assumedRole(issuer.token(claims));
    await using agent = await startPodIdentityAgent(session, 'pod-token');
    await using metadata = await startInstanceMetadata(session, 'backup-role');
    const ofPod = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod-token' };

    assertMade(await initWith('pod', ofPod), 'pod');
    assertMade(await initWith('instance', { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url }), 'instance');

    assert.deepEqual([agent.given(), metadata.given()], [1, 1]);
  });

  test('are refused by the store once the session token is another', async () => {
    const session = await assumedRole(issuer.token(claims));
    await using agent = await startPodIdentityAgent({ ...session, sessionToken: 'not-its-token' }, 'pod-token');
    const ofPod = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod-token' };

    const { exitCode, stderr } = await initWith('other-session', ofPod);

    // MinIO does not say that it was the token (AWS and versitygw do: InvalidToken).
    const state = 'the credentials may not do that (it takes s3:GetObject)';
    assert.equal(exitCode, 1);
    assert.ok(stderr.startsWith(`rootcellar: Cannot read ".rootcellar/archive.json" in s3://archive/other-session: ${state}\n`), stderr);
  });
});

/** Asks the token service as any client may: an unsigned POST. */
async function assumedRole(token: string): Promise<GivenCredentials> {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    WebIdentityToken: token,
  });
  const ca = await readFile(server.caFile ?? '');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const request = https.request(server.endpoint, { method: 'POST', ca, headers, agent: false }).end(form.toString());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const xml = Buffer.concat(chunks).toString();
  const field = (name: string): string => {
    const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
    if (found === undefined) throw new Error(`the token service answered ${response.statusCode}: ${xml}`);
    return found;
  };
  return { accessKeyId: field('AccessKeyId'), secretAccessKey: field('SecretAccessKey'), sessionToken: field('SessionToken') };
}

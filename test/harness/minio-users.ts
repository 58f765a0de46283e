import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { GivenCredentials } from './aws-credential-services.ts';
import { startMinio } from './minio.ts';
import type { S3Server, S3ServerOptions } from './s3-server.ts';
import { startTokenIssuer } from './token-issuer.ts';

const audience = 'sts.amazonaws.com';
// MinIO names the role of an issuer by the SHA-1 of its client id.
const roleArn = `arn:minio:iam:::role/${createHash('sha1').update(audience).digest('base64url')}`;

export interface MinioWithUsers extends S3Server {
  /** Credentials that may do just what an IAM policy says: a session of a role that may everything, bounded by the policy. */
  userWith(policy: object): Promise<GivenCredentials>;
}

/** MinIO with users by web identity: the only way to give it users without its own admin client. */
export async function startMinioWithUsers(options: S3ServerOptions = {}): Promise<MinioWithUsers> {
  const issuer = await startTokenIssuer();
  const server = await startMinio({
    ...options,
    tls: true,
    environment: {
      ...options.environment,
      MINIO_IDENTITY_OPENID_CONFIG_URL: issuer.configurationUrl,
      MINIO_IDENTITY_OPENID_CLIENT_ID: audience,
      MINIO_IDENTITY_OPENID_ROLE_POLICY: 'readwrite',
    },
  });
  const dispose = server[Symbol.asyncDispose].bind(server);
  return Object.assign(server, {
    userWith: (policy: object) => {
      const claims = { audience, subject: 'system:serviceaccount:directory:backup', expiresInSeconds: 3600 };
      return assumeRole(server, issuer.token(claims), policy);
    },
    [Symbol.asyncDispose]: async () => {
      await dispose();
      await issuer[Symbol.asyncDispose]();
    },
  });
}

/** Asks the token service as any client may: an unsigned POST. */
async function assumeRole(server: S3Server, token: string, policy: object): Promise<GivenCredentials> {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    WebIdentityToken: token,
    Policy: JSON.stringify(policy),
    DurationSeconds: '3600',
  });
  const ca = await readFile(server.caFile ?? '');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const request = https.request(server.endpoint, { method: 'POST', ca, headers, agent: false }).end(form.toString());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const xml = Buffer.concat((await response.toArray()) as Buffer[]).toString();
  const field = (name: string): string => {
    const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
    if (found === undefined) throw new Error(`the token service answered ${response.statusCode}: ${xml}`);
    return found;
  };
  return { accessKeyId: field('AccessKeyId'), secretAccessKey: field('SecretAccessKey'), sessionToken: field('SessionToken') };
}

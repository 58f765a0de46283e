import { randomUUID } from 'node:crypto';
import { answerJson, type LoopbackServer, startLoopbackServer } from './loopback-server.ts';
import type { S3Credentials } from './s3-server.ts';

export interface GivenCredentials extends S3Credentials {
  /** Empty for credentials that have none: versitygw knows only session tokens of its own making. */
  readonly sessionToken?: string | undefined;
}

/** A double of a service of AWS that gives credentials to the machine or pod it runs beside. */
export interface CredentialService extends LoopbackServer {
  /** How often it gave credentials out. */
  given(): number;
}

/**
 * Plays the EKS Pod Identity agent: `GET /v1/credentials` with the pod's own token in the header `Authorization` gives the credentials
 * (EKS user guide, "EKS Pod Identity"); another token is refused with 401.
 */
export async function startPodIdentityAgent(credentials: GivenCredentials, podToken: string): Promise<CredentialService> {
  let given = 0;
  const server = await startLoopbackServer((request, response) => {
    if (request.url !== '/v1/credentials') return answerJson(response, { message: 'not found' }, 404);
    if (request.headers.authorization !== podToken) return answerJson(response, { Code: 'InvalidToken', Message: 'unknown token' }, 401);
    given += 1;
    answerJson(response, { ...answerWith(credentials), AccountId: '111122223333' });
  });
  return Object.assign(server, { given: () => given });
}

/**
 * Plays the instance metadata service, version 2 only: a session token by PUT, and with it the role's name and its credentials
 * (EC2 user guide, "Use IMDS"). A request without a session token is answered 401, as an instance does that requires version 2.
 */
export async function startInstanceMetadata(credentials: GivenCredentials, role: string): Promise<CredentialService> {
  let given = 0;
  const sessions = new Set<string>();
  const folder = '/latest/meta-data/iam/security-credentials/';
  const server = await startLoopbackServer(({ method, url, headers }, response) => {
    if (method === 'PUT' && url === '/latest/api/token') {
      if (!/^\d+$/.test(String(headers['x-aws-ec2-metadata-token-ttl-seconds']))) return void response.writeHead(400).end();
      const session = randomUUID();
      sessions.add(session);
      return void response.end(session);
    }
    if (!sessions.has(String(headers['x-aws-ec2-metadata-token']))) return void response.writeHead(401).end();
    if (url === folder) return void response.end(role);
    if (url !== `${folder}${role}`) return void response.writeHead(404).end();
    given += 1;
    answerJson(response, { Code: 'Success', Type: 'AWS-HMAC', LastUpdated: new Date().toISOString(), ...answerWith(credentials) });
  });
  return Object.assign(server, { given: () => given });
}

function answerWith({ accessKeyId, secretAccessKey, sessionToken = '' }: GivenCredentials) {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: inAnHour };
}

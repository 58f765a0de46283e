import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { programPath } from '../parts.ts';
import type { S3Credentials } from '../s3-server.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterProcess } from './cluster-processes.ts';

export interface ClusterS3 extends S3Credentials {
  /** For pods and whatever runs in the cluster's network. */
  readonly endpoint: string;
  /** Its token service: `AWS_ENDPOINT_URL_STS`. */
  readonly stsEndpoint: string;
  readonly region: string;
  /** Where the objects lie, as plain files: `BUCKET/KEY`. */
  readonly folder: string;
  /** A client for the test itself, which is outside of the cluster's network; the caller destroys it. */
  client(): S3Client;
  /** A user with keys who may do what the policy says. */
  addUser(name: string, policy: readonly PolicyStatement[]): Promise<S3Credentials>;
  /**
   * A role that pods of this service account may take with their projected token (audience `sts.amazonaws.com`), to do what the policy says.
   * Returns its ARN: `AWS_ROLE_ARN`.
   */
  addRole(name: string, serviceAccount: ServiceAccount, policy: readonly PolicyStatement[]): Promise<string>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** It answers nothing more, and keeps its connections, until the function that is returned is called. */
  freeze(): () => void;
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const root: S3Credentials = { accessKeyId: 'rootcellar-test', secretAccessKey: 'gateway-0nly-knows-Zk3' };
const region = 'us-east-1';
const [s3Port, iamPort] = [7070, 7076];
const audience = 'sts.amazonaws.com';

/**
 * Starts versitygw with its IAM and token service in the cluster's network, on the node's address; it ends with the cluster. Its root user is
 * what it returns; nobody else may anything before `addUser` or `addRole`.
 */
export async function startClusterS3(cluster: Cluster, buckets: readonly string[] = ['backups']): Promise<ClusterS3> {
  const program = await programPath('versitygw');
  const home = path.join(cluster.folder, 's3');
  const folder = path.join(home, 'data');
  for (const name of ['data', 'versions', 'iam']) await mkdir(path.join(home, name), { recursive: true });
  const socket = (name: string): string => path.join(home, `${name}.sock`);
  const environment = { ROOT_ACCESS_KEY_ID: root.accessKeyId, ROOT_SECRET_ACCESS_KEY: root.secretAccessKey };
  const iam = cluster.start(
    'iam',
    program,
    [
      ...listenOn(cluster, iamPort, socket('iam')),
      'iam',
      '--dir',
      path.join(home, 'iam'),
      '--private-ports',
      socket('private'),
      '--disable-oidc-thumbprint-autofetch',
    ],
    environment,
  );
  await iam.ready(() => exists(socket('private')), 20);
  const s3Arguments = [
    ...listenOn(cluster, s3Port, socket('s3')),
    '--keep-alive',
    '--iam-cache-disable',
    '--iam-standalone-endpoint',
    socket('private'),
    'posix',
    '--versioning-dir',
    path.join(home, 'versions'),
    folder,
  ];
  let gateway: ClusterProcess | undefined;
  const start = async (): Promise<void> => {
    gateway = cluster.start('s3', program, s3Arguments, environment);
    await gateway.ready(() => accepts(socket('s3')), 20);
  };
  await start();
  const endpoint = `http://${cluster.address}:${s3Port}`;
  const client = (): S3Client => clientOver(socket('s3'), endpoint);
  const s3 = client();
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }));
  s3.destroy();
  const ask = (parameters: Readonly<Record<string, string>>): Promise<string> =>
    askIam(socket('iam'), `${cluster.address}:${iamPort}`, parameters);
  return {
    ...root,
    endpoint,
    stsEndpoint: `http://${cluster.address}:${iamPort}`,
    region,
    folder,
    client,
    start,
    stop: async () => gateway?.kill('SIGTERM'),
    freeze: () => {
      gateway?.signal('SIGSTOP');
      return () => gateway?.signal('SIGCONT');
    },
    addUser: (name, policy) => addUser(ask, name, policy),
    addRole: (name, account, policy) => addRole(ask, { cluster, name, account, policy }),
  };
}

function listenOn({ address }: Cluster, port: number, socket: string): string[] {
  return ['--port', `${address}:${port}`, '--port', socket, '--quiet'];
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

/** A socket is a file, and so can be reached from every network. */
class SocketAgent extends http.Agent {
  readonly #socket: string;

  constructor(socket: string) {
    super({ keepAlive: true });
    this.#socket = socket;
  }

  override createConnection(): net.Socket {
    return net.connect(this.#socket);
  }
}

function clientOver(socket: string, endpoint: string): S3Client {
  const requestHandler = new NodeHttpHandler({ requestTimeout: 60_000, httpAgent: new SocketAgent(socket) });
  return new S3Client({ endpoint, region, credentials: root, forcePathStyle: true, maxAttempts: 1, requestHandler });
}

type Ask = (parameters: Readonly<Record<string, string>>) => Promise<string>;

async function addUser(ask: Ask, UserName: string, policy: readonly PolicyStatement[]): Promise<S3Credentials> {
  await ask({ Action: 'CreateUser', UserName });
  await ask({ Action: 'PutUserPolicy', UserName, PolicyName: 'own', PolicyDocument: document(policy) });
  const answer = await ask({ Action: 'CreateAccessKey', UserName });
  return { accessKeyId: field(answer, 'AccessKeyId'), secretAccessKey: field(answer, 'SecretAccessKey') };
}

interface NewRole {
  readonly cluster: Cluster;
  readonly name: string;
  readonly account: ServiceAccount;
  readonly policy: readonly PolicyStatement[];
}

/** As EKS documents it: a provider for the cluster's issuer, and a role whose trust names the service account. */
async function addRole(ask: Ask, { cluster, name: RoleName, account, policy }: NewRole): Promise<string> {
  const known = /<Arn>([^<]*oidc-provider[^<]*)<\/Arn>/.exec(await ask({ Action: 'ListOpenIDConnectProviders' }))?.[1];
  const provider = known ?? field(await ask(await newProvider(cluster)), 'OpenIDConnectProviderArn');
  const host = cluster.issuer.replace('https://', '');
  const claims = { [`${host}:sub`]: `system:serviceaccount:${account.namespace}:${account.name}`, [`${host}:aud`]: audience };
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: provider },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: claims },
  };
  const role = await ask({ Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: document([trust]) });
  await ask({ Action: 'PutRolePolicy', RoleName, PolicyName: 'own', PolicyDocument: document(policy) });
  return field(role, 'Arn');
}

async function newProvider(cluster: Cluster): Promise<Record<string, string>> {
  const authority = new X509Certificate(await readFile(path.join(cluster.folder, 'pki/ca.crt')));
  return {
    Action: 'CreateOpenIDConnectProvider',
    Url: cluster.issuer,
    'ClientIDList.member.1': audience,
    'ThumbprintList.member.1': authority.fingerprint.replaceAll(':', '').toLowerCase(),
  };
}

function document(statements: readonly unknown[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

function field(xml: string, name: string): string {
  const found = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  if (found === undefined) throw new Error(`The answer has no ${name}: ${xml}`);
  return found;
}

/** One signed request of IAM's query protocol (Signature Version 4). */
async function askIam(socketPath: string, host: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString();
  const now = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${now.slice(0, 8)}/${region}/iam/aws4_request`;
  const signed = { 'content-type': 'application/x-www-form-urlencoded', host, 'x-amz-date': now };
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const names = Object.keys(signed).join(';');
  const hash = (value: string): string => createHash('sha256').update(value).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', now, scope, hash(['POST', '/', '', lines.join(''), names, hash(body)].join('\n'))].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => createHmac('sha256', secret).update(part).digest(), `AWS4${root.secretAccessKey}`);
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${root.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const request = http.request({ socketPath, method: 'POST', path: '/', agent: false, headers: { ...signed, authorization } }).end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`IAM refused ${parameters['Action']} with ${response.statusCode}: ${answer}`);
  return answer;
}

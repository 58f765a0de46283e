import { mkdir, readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { makeCertificate } from './certificates.ts';
import { freePort } from './free-port.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface S3ServerOptions {
  /** https with a certificate for localhost and 127.0.0.1, signed by the authority in `caFile`. */
  readonly tls?: boolean;
  /** Its certificate ended yesterday; only with `tls`. */
  readonly certificate?: 'valid' | 'expired';
  /** Made before it is returned. */
  readonly buckets?: readonly string[];
  /** Made with Object Lock, and so with versions. */
  readonly lockedBuckets?: readonly string[];
  /** Added to the command line. */
  readonly arguments?: readonly string[];
  /** Added to the environment of the server. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Server extends S3Credentials, AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  /** PEM of the authority that signed its certificate; absent without TLS. */
  readonly caFile: string | undefined;
  /** Where the objects lie: `BUCKET/KEY`; versitygw keeps each as a plain file, which a test may change behind its back. */
  readonly folder: string;
  readonly pid: number;
  output(): string;
  /** A path-style client that trusts `caFile` and never retries; the caller destroys it. */
  client(overrides?: S3ClientConfig): S3Client;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Stops it if it runs, and starts it again: same folder, same port. */
  restart(): Promise<void>;
}

/** How one kind of server is started; the folders exist, and are its own. */
export interface S3ServerKind {
  readonly program: string;
  readonly credentials: S3Credentials;
  /** Called once, before the first start. */
  prepare?(place: S3ServerPlace): Promise<void>;
  commandLine(place: S3ServerPlace, extra: readonly string[]): readonly string[];
  environment(place: S3ServerPlace): Readonly<Record<string, string>>;
}

export interface S3ServerPlace {
  readonly port: number;
  /** For objects. */
  readonly data: string;
  /** For everything else of the server. */
  readonly home: string;
  /** A folder with `public.crt` and `private.key` when it shall speak TLS. */
  readonly certificates: string | undefined;
}

/** Starts a server of the given kind on a free loopback port; disposing it kills it and removes its folders. */
export async function startS3Server(kind: S3ServerKind, options: S3ServerOptions): Promise<S3Server> {
  const home = await temporaryFolder('s3');
  const data = path.join(home.path, 'data');
  await mkdir(data);
  const certificates = options.tls === true ? await makeCertificates(home.path, options.certificate) : undefined;
  const place: S3ServerPlace = { port: await freePort(), data, home: home.path, certificates };
  await kind.prepare?.(place);
  const start = (): Promise<ServerProcess> =>
    startServerProcess({
      program: kind.program,
      arguments: kind.commandLine(place, options.arguments ?? []),
      environment: { HOME: home.path, ...kind.environment(place), ...options.environment },
      folder: home.path,
      ready: { ports: [place.port] },
    });
  let server = await start();
  const caFile = certificates === undefined ? undefined : path.join(certificates, 'ca.pem');
  const endpoint = `${certificates === undefined ? 'http' : 'https'}://127.0.0.1:${place.port}`;
  const region = 'us-east-1';
  const ca = caFile === undefined ? undefined : await readFile(caFile);
  const client = (overrides: S3ClientConfig = {}): S3Client =>
    new S3Client({
      endpoint,
      region,
      credentials: kind.credentials,
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({ connectionTimeout: 5000, requestTimeout: 60_000, httpsAgent: new https.Agent({ ca }) }),
      ...overrides,
    });
  if (options.certificate !== 'expired') await makeBuckets(client, options);
  return {
    ...kind.credentials,
    endpoint,
    port: place.port,
    region,
    caFile,
    folder: data,
    get pid() {
      return server.pid;
    },
    output: () => server.output(),
    client,
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: async () => {
      await server.stop();
      server = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await home.remove();
    },
  };
}

async function makeBuckets(
  client: S3Server['client'],
  { buckets = [], lockedBuckets = [] }: Pick<S3ServerOptions, 'buckets' | 'lockedBuckets'>,
): Promise<void> {
  if (buckets.length + lockedBuckets.length === 0) return;
  // MinIO takes connections before it can do anything, and says so with 503.
  const s3 = client({ maxAttempts: 10 });
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Bucket of lockedBuckets) await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  s3.destroy();
}

async function makeCertificates(home: string, validity: 'valid' | 'expired' = 'valid'): Promise<string> {
  const folder = path.join(home, 'certificates');
  await mkdir(folder);
  const commonName = 'rootcellar test authority';
  const authority = makeCertificate({ commonName, isAuthority: true, validFrom: new Date('2020-01-01') });
  const server = makeCertificate({
    commonName: 'localhost',
    hosts: ['localhost', '127.0.0.1'],
    issuer: { ...authority, commonName },
    ...(validity === 'expired' && { validFrom: new Date('2020-01-01'), validTo: new Date('2020-02-01') }),
  });
  await writeFile(path.join(folder, 'ca.pem'), authority.certificatePem);
  await writeFile(path.join(folder, 'public.crt'), server.certificatePem);
  await writeFile(path.join(folder, 'private.key'), server.privateKeyPem, { mode: 0o600 });
  return folder;
}

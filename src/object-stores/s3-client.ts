import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';

import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { NodeHttpHandlerOptions } from '@smithy/node-http-handler';

import { exitCodes, Failure, messageOf, wrongUsage } from '../foundation/failure.ts';
import { ReceivingHandler } from './http/receiving-handler.ts';
import { explainCredentials } from './s3-credentials.ts';
import type { ProxyOptions, S3StoreOptions } from './s3-options.ts';

const mostSockets = 64;

/**
 * Makes the SDK's client: one attempt a request (a second one, made unseen, would turn a lost answer to a conditional put
 * into a false "exists already"), time limits that reject, our CA file and proxy, credentials by the SDK's default chain.
 *
 * @throws Failure E_CA_FILE when the CA file cannot be read or holds no certificate; E_USAGE for a bad endpoint
 */
export async function openS3Client(options: S3StoreOptions): Promise<S3Client> {
  const { endpoint, region, profile } = options;
  const ca = options.caFile === undefined ? undefined : await trusted(options.caFile);
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint: checkedEndpoint(endpoint) }),
    ...(region !== undefined && { region }),
    // Said by name, it is what is meant; the SDK warns when the environment has credentials as well.
    ...(profile !== undefined && { profile, logger: silent }),
    forcePathStyle: usesPathStyle(options),
    maxAttempts: 1,
    // Ours go out with each request; the SDK's own CRC32 is what breaks older stores.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With an agent of our own the SDK sends the header without waiting for the answer, so it would only cost.
    expectContinueHeader: false,
    requestHandler: requestHandler(options, ca),
  };
  const client = new S3Client(config);
  explainCredentials(client, { ...options.environment, ...(profile !== undefined && { AWS_PROFILE: profile }) });
  return client;
}

function requestHandler({ proxy, ...options }: S3StoreOptions, ca: readonly string[] | undefined): ReceivingHandler {
  const requestTimeout = options.requestTimeoutMilliseconds ?? 60_000;
  const connectionTimeout = options.connectTimeoutMilliseconds ?? 10_000;
  const agentOptions = { keepAlive: true, maxSockets: mostSockets, proxyEnv: proxyEnvironment(proxy) };
  const usual: NodeHttpHandlerOptions = {
    requestTimeout,
    socketTimeout: requestTimeout,
    throwOnRequestTimeout: true,
    connectionTimeout,
    httpAgent: new HttpAgent(agentOptions),
    httpsAgent: new HttpsAgent({ ...agentOptions, ...(ca !== undefined && { ca: [...ca] }) }),
  };
  // A proxy is spoken to by those who know how.
  const isDirect = Object.keys(agentOptions.proxyEnv).length === 0;
  const receiving = { ca, connectTimeoutMilliseconds: connectionTimeout, requestTimeoutMilliseconds: requestTimeout };
  return new ReceivingHandler(usual, isDirect ? receiving : undefined);
}

const nothing = (): void => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * Fills in what the SDK's own settings say (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, the profile): how a store is spoken
 * to hangs on whether it is AWS, so it must be known here and not only inside the client.
 */
export async function withSdkSettings(options: S3StoreOptions): Promise<S3StoreOptions> {
  const { config } = new S3Client(options.profile === undefined ? {} : { profile: options.profile });
  const endpoint = options.endpoint ?? (await config.serviceConfiguredEndpoint?.());
  const region = options.region ?? (await config.region().catch(() => undefined));
  // Other stores mostly ignore the region, but a signature cannot be made without one.
  return { ...options, endpoint, region: region ?? (isAws({ endpoint }) ? undefined : 'us-east-1') };
}

/** Tells whether the options mean Amazon's own S3, whose abilities are known. */
export function isAws(options: Pick<S3StoreOptions, 'endpoint'>): boolean {
  if (options.endpoint === undefined) return true;
  const host = URL.parse(options.endpoint)?.hostname ?? '';
  return /\.amazonaws\.com(\.cn)?$/.test(host);
}

function usesPathStyle(options: S3StoreOptions): boolean {
  const { forcePathStyle = 'auto' } = options;
  return forcePathStyle === 'auto' ? !isAws(options) : forcePathStyle;
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return endpoint;
  throw wrongUsage('Cannot use the S3 endpoint: it is not an http:// or https:// URL without user and password', 'write https://host:port');
}

function proxyEnvironment(proxy: ProxyOptions | undefined): NodeJS.ProcessEnv {
  return {
    ...(proxy?.httpProxy !== undefined && { HTTP_PROXY: proxy.httpProxy }),
    ...(proxy?.httpsProxy !== undefined && { HTTPS_PROXY: proxy.httpsProxy }),
    ...(proxy?.noProxy !== undefined && { NO_PROXY: proxy.noProxy }),
  };
}

async function trusted(caFile: string): Promise<string[]> {
  const attempt = `Cannot trust the certificates in "${caFile}"`;
  const hint = 'set ROOTCELLAR_S3_CA_FILE (--s3-ca-file) to a PEM file that this user may read';
  let pem: string;
  try {
    pem = await readFile(caFile, 'utf8');
  } catch (error) {
    throw new Failure('E_CA_FILE', `${attempt}: ${messageOf(error)}`, { hint, exitCode: exitCodes.usage, cause: error });
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Failure('E_CA_FILE', `${attempt}: the file has no PEM certificate`, { hint, exitCode: exitCodes.usage });
  }
  return [...getCACertificates('default'), pem];
}

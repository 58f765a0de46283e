import { Failure, type RetryAdvice } from '../foundation/failure.ts';

/** What was asked of the store, for the sentence. */
export interface S3Attempt {
  /** `Cannot write "key" to s3://bucket/path`. */
  readonly attempt: string;
  readonly bucket: string;
  /** The S3 permission it takes, named when it is denied. */
  readonly permission: string;
}

interface Trouble {
  readonly name: string;
  readonly status: number | undefined;
  /** `code` of a socket or TLS error, of the error itself or of its cause. */
  readonly nodeCode: string;
  /** `host:port` or the host that was tried, as Node tells it; empty where it does not. */
  readonly peer: string;
  readonly message: string;
}

interface Row {
  readonly code: `E_${string}`;
  readonly matches: (trouble: Trouble) => boolean;
  readonly state: (trouble: Trouble, attempt: S3Attempt) => string;
  readonly hint: string | ((attempt: S3Attempt, trouble: Trouble) => string);
  readonly retry?: RetryAdvice;
}

const storeBusyNames = named(
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
  'TooManyRequests',
  'TooManyRequestsException',
  'IDPCommunicationErrorException',
  'ThrottlingException',
  'Throttling',
  'RequestTimeout',
);
const unreachableCodes =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ERR_SOCKET_CLOSED|ERR_PROXY_TUNNEL|ERR_STREAM_PREMATURE_CLOSE)$/;
const tlsCodes = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(VERIFY|GET)_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/;

/** First match wins. Codes are documented and stable; the names in a row are what AWS, MinIO, radosgw and versitygw send. */
const table: readonly Row[] = [
  {
    code: 'E_CREDENTIALS_MISSING',
    matches: named('CredentialsProviderError', 'TokenProviderError', 'ProviderError'),
    state: () => 'no AWS credentials were found',
    hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the pod a role (IRSA, Pod Identity) or the machine an instance role',
  },
  {
    code: 'E_REGION_MISSING',
    matches: ({ message }) => message.startsWith('Region is missing'),
    state: () => 'no AWS region is set',
    hint: 'set AWS_REGION to the region of the bucket',
  },
  {
    code: 'E_CLOCK_SKEWED',
    matches: named('RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'),
    state: () => "this machine's clock and the store's differ too much",
    hint: 'set the clock (NTP) on whichever of the two is wrong',
  },
  {
    code: 'E_CREDENTIALS_REFUSED',
    matches: named(
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'ExpiredToken',
      'ExpiredTokenException',
      'InvalidToken',
      'InvalidIdentityToken',
      'TokenRefreshRequired',
      'AuthFailure',
      'InvalidClientTokenId',
      'UnrecognizedClientException',
    ),
    state: ({ name }) => `the store refused the credentials (${name})`,
    hint: 'check access key, secret key and session token, and that they are for this store and not expired',
  },
  {
    code: 'E_ENCRYPTION_KEY',
    // AWS: KMS.NotFoundException and its like; MinIO: kms:KeyNotFound.
    matches: ({ name }) => /^kms[.:]/i.test(name),
    state: ({ name }) => `the store cannot use the encryption key (${name})`,
    hint: 'check ROOTCELLAR_S3_KMS_KEY_ID (--s3-kms-key-id), that the key is enabled and in the region of the bucket',
  },
  {
    code: 'E_STORAGE_CLASS',
    matches: named('InvalidStorageClass'),
    state: () => 'the store does not have that storage class',
    hint: 'set ROOTCELLAR_S3_STORAGE_CLASS (--s3-storage-class) to one that the store has, or leave it out',
  },
  {
    code: 'E_BUCKET_MISSING',
    matches: named('NoSuchBucket'),
    state: (_, { bucket }) => `the bucket "${bucket}" does not exist`,
    hint: 'create the bucket, or correct its name or the endpoint',
  },
  {
    code: 'E_REGION_WRONG',
    matches: ({ name, status }) =>
      named('PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException')({ name }) || status === 301,
    state: (_, { bucket }) => `the bucket "${bucket}" is in another region or behind another endpoint`,
    hint: 'set AWS_REGION to the region of the bucket',
  },
  {
    code: 'E_OBJECT_LOCKED',
    // AWS and versitygw: AccessDenied; MinIO: InvalidRequest. Both speak of it only in words.
    matches: ({ message }) => /protected by object lock|worm protected/i.test(message),
    state: () => 'the store keeps it locked (S3 Object Lock)',
    hint: 'run it again once the lock has ended; "rootcellar verify" tells until when',
  },
  {
    code: 'E_ACCESS_DENIED',
    matches: ({ name, status }) =>
      named('AccessDenied', 'AllAccessDisabled', 'AccountProblem', 'Forbidden', 'KMSAccessDenied')({ name }) || status === 403,
    state: (_, { permission }) => `the credentials may not do that (it takes ${permission})`,
    hint: ({ permission, bucket }) => `allow ${permission} on the bucket "${bucket}" in the policy of the user or role`,
  },
  {
    code: 'E_STORE_TLS',
    matches: ({ nodeCode }) => tlsCodes.test(nodeCode),
    state: tlsState,
    hint: (_, trouble) => tlsHint(trouble),
  },
  {
    code: 'E_OBJECT_DAMAGED',
    matches: ({ name, message }) =>
      named('BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch')({ name }) ||
      message.startsWith('Checksum mismatch'),
    state: () => 'the bytes that arrived are not those that were sent (checksum mismatch)',
    hint: 'run again; when it stays so, run verify and look at the disks of the store and the network in between',
    retry: 'now',
  },
  {
    code: 'E_STORE_FULL',
    matches: ({ name, status }) => named('InsufficientStorage', 'XMinioStorageFull', 'QuotaExceeded')({ name }) || status === 507,
    state: ({ name }) => `the store has no room left (${readableName(name)})`,
    hint: 'give the store more room, or forget and prune what is no longer needed, then run again',
  },
  {
    code: 'E_STORE_BUSY',
    matches: ({ name, status }) => storeBusyNames({ name }) || (status !== undefined && [429, 500, 502, 503, 504].includes(status)),
    state: ({ status, name }) => `the store answered ${status ?? 'with an error'} (${readableName(name)})`,
    hint: 'wait and run again; when it lasts, look at the load and the state of the store',
    retry: 'later',
  },
  {
    code: 'E_STORE_BUSY',
    matches: named('ConditionalRequestConflict', 'OperationAborted'),
    state: () => 'another write to it was under way',
    hint: 'run again',
    retry: 'now',
  },
  {
    code: 'E_STORE_UNREACHABLE',
    matches: ({ name, nodeCode, message }) =>
      unreachableCodes.test(nodeCode) || named('TimeoutError')({ name }) || /^(aborted|socket hang up)$/.test(message),
    state: unreachableState,
    hint: 'check ROOTCELLAR_S3_ENDPOINT (--s3-endpoint: http or https, host, port), DNS, proxy and network policy, then run again',
    retry: 'later',
  },
];

/** Turns what the SDK threw into the failure that an operator reads; an unknown answer becomes E_STORE_FAILED. */
export function s3Failure(error: unknown, attempt: S3Attempt): Failure {
  if (error instanceof Failure) return error;
  const trouble = troubleOf(error);
  const row = table.find(({ matches }) => matches(trouble));
  const facts = { s3Error: readableName(trouble.name), ...(trouble.status !== undefined && { status: trouble.status }) };
  if (row === undefined) {
    return new Failure('E_STORE_FAILED', `${attempt.attempt}: the store answered ${unknownAnswer(trouble)}`, {
      hint: 'look the answer up in the documentation of the store, and see whether it is an S3 store at all',
      facts,
      cause: error,
    });
  }
  const hint = typeof row.hint === 'string' ? row.hint : row.hint(attempt, trouble);
  return new Failure(row.code, `${attempt.attempt}: ${row.state(trouble, attempt)}`, { hint, facts, retry: row.retry, cause: error });
}

/** The HTTP status of what the SDK threw, where there was an answer at all. */
export function statusOf(error: unknown): number | undefined {
  const metadata = field(error, '$metadata');
  const status = field(metadata, 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

/** The S3 error code, e.g. `NoSuchKey`; empty for anything else. */
export function s3ErrorName(error: unknown): string {
  const name = field(error, 'name');
  return typeof name === 'string' ? name : '';
}

function troubleOf(error: unknown): Trouble {
  const message = field(error, 'message');
  const source = [error, field(error, 'cause'), ...innerErrors(error)].find((each) => typeof field(each, 'code') === 'string');
  const nodeCode = field(source, 'code');
  return {
    name: s3ErrorName(error),
    status: statusOf(error),
    nodeCode: typeof nodeCode === 'string' ? nodeCode : '',
    peer: peerOf(source),
    message: typeof message === 'string' ? message : '',
  };
}

function peerOf(error: unknown): string {
  const [host, port] = [field(error, 'hostname') ?? field(error, 'address'), field(error, 'port')];
  if (typeof host !== 'string') return '';
  return typeof port === 'number' ? `${host}:${port}` : host;
}

/** Node joins the refusals of all addresses of a host in an AggregateError. */
function innerErrors(error: unknown): readonly unknown[] {
  return error instanceof AggregateError ? error.errors : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function named(...names: readonly string[]): (trouble: { readonly name: string }) => boolean {
  return ({ name }) => names.includes(name);
}

function tlsState({ nodeCode, message }: Trouble): string {
  if (nodeCode === 'CERT_HAS_EXPIRED') return "the store's certificate has expired";
  if (nodeCode === 'CERT_NOT_YET_VALID') return "the store's certificate is not valid yet";
  if (nodeCode === 'ERR_TLS_CERT_ALTNAME_INVALID') return "the store's certificate is for another host name";
  if (nodeCode === 'EPROTO' || nodeCode.startsWith('ERR_SSL_')) return `the endpoint does not speak TLS as expected (${nodeCode})`;
  return `the store's certificate is not trusted (${nodeCode === '' ? message : nodeCode})`;
}

function tlsHint({ nodeCode }: Trouble): string {
  if (nodeCode === 'CERT_HAS_EXPIRED') return 'renew the certificate of the store';
  if (nodeCode === 'CERT_NOT_YET_VALID') return "check this machine's clock, and the certificate of the store";
  if (nodeCode === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'use the host name of the certificate in ROOTCELLAR_S3_ENDPOINT (--s3-endpoint)';
  if (nodeCode === 'EPROTO' || nodeCode.startsWith('ERR_SSL_')) {
    return 'check the port of ROOTCELLAR_S3_ENDPOINT (--s3-endpoint), and whether it is http:// or https://';
  }
  return 'set ROOTCELLAR_S3_CA_FILE (--s3-ca-file) to a PEM file of the CA that signed it; verification is never turned off';
}

function unreachableState({ name, nodeCode, peer }: Trouble): string {
  if (nodeCode === 'ECONNREFUSED') return `nothing listens at ${peer === '' ? 'the endpoint' : peer} (ECONNREFUSED)`;
  if (nodeCode === 'ENOTFOUND' || nodeCode === 'EAI_AGAIN') {
    return `the host ${peer === '' ? 'of the endpoint' : `"${peer}"`} is not known to DNS (${nodeCode})`;
  }
  // The SDK calls a reset connection a TimeoutError as well, and keeps Node's code.
  if ((name === 'TimeoutError' && nodeCode === '') || nodeCode === 'ETIMEDOUT') return 'the store did not answer in time';
  return `the connection broke (${nodeCode === '' ? 'closed by the other side' : nodeCode})`;
}

function unknownAnswer({ name, status, message }: Trouble): string {
  const answer = [status, readableName(name)].filter((part) => part !== undefined && part !== '').join(' ');
  const told = message.replaceAll(/\s+/g, ' ').replace(/\.$/, '').trim().slice(0, 200);
  return told === '' || told === name || /^unknown/i.test(told) ? answer : `${answer}: ${told}`;
}

function readableName(name: string): string {
  return name === '' || name === 'Unknown' || name === 'UnknownError' ? 'no reason given' : name;
}

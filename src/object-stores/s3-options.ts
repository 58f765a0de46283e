import type { RetryRule, RetryTools } from '../foundation/retry.ts';
import type { CredentialEnvironment } from './s3-credentials.ts';

/** How to reach a bucket. Credentials are not here: the SDK's default chain finds them. */
export interface S3StoreOptions {
  readonly bucket: string;
  /** Everything lies below it; `a/b` and `/a/b/` mean the same. */
  readonly prefix?: string | undefined;
  /** `https://host:port` of a store that is not AWS; undefined: the SDK's own search (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, profile), else AWS. */
  readonly endpoint?: string | undefined;
  /** Undefined: the SDK's own search (AWS_REGION, profile); with an endpoint `us-east-1` when that finds none. */
  readonly region?: string | undefined;
  /** Of the AWS configuration, for credentials, region and endpoint; undefined: the SDK's own search (AWS_PROFILE). */
  readonly profile?: string | undefined;
  /** `auto`: path style whenever an endpoint is given that is not AWS. */
  readonly forcePathStyle?: 'auto' | boolean | undefined;
  /** A PEM file with certificates to trust beside the default roots. */
  readonly caFile?: string | undefined;
  readonly proxy?: ProxyOptions | undefined;
  readonly storageClass?: string | undefined;
  readonly encryption?: { readonly mode: 'AES256' | 'aws:kms'; readonly kmsKeyId?: string | undefined } | undefined;
  /**
   * `when-supported`: SHA-256 travels with every object and the store checks and keeps it. `when-required`: Content-MD5 only,
   * for stores that know no other checksum. `auto`: the former on AWS, elsewhere what a probe before the first write finds.
   */
  readonly checksums?: 'auto' | 'when-supported' | 'when-required' | undefined;
  /** Until the answer begins, and between two pieces of a body; 60,000 unless told. */
  readonly requestTimeoutMilliseconds?: number | undefined;
  /** 10,000 unless told. */
  readonly connectTimeoutMilliseconds?: number | undefined;
  /** Length of a part of a multipart upload, at least 5 MiB; 8 MiB unless told. `partBytes * (partsAtOnce + 1)` is held in memory. */
  readonly partBytes?: number | undefined;
  /** 4 unless told. */
  readonly partsAtOnce?: number | undefined;
  /** Keys asked for in one page of a listing; 1000 unless told. */
  readonly pageKeys?: number | undefined;
  /**
   * Tries the parts of a multipart upload again one by one, so that a single 503 does not cost the whole object.
   * Everything else is tried again by `RetryingStore`. Undefined: no part is tried twice.
   */
  readonly partRetry?: ({ readonly rule: RetryRule } & Omit<RetryTools, 'signal'>) | undefined;
  /** As the SDK reads it; names the place where credentials were looked for when there are none. */
  readonly environment?: CredentialEnvironment | undefined;
  /** Names probe objects; random UUIDs unless told. */
  readonly newId?: (() => string) | undefined;
}

/** Storage class, encryption and retention, as PutObject and CreateMultipartUpload take them. */
export type WriteFields = Readonly<Record<string, string | Date>>;

/** As the environment has them; undefined fields are not looked up elsewhere. */
export interface ProxyOptions {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  /** Hosts, suffixes with a leading dot and `*`, comma-separated. */
  readonly noProxy?: string | undefined;
}

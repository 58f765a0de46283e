import { programPath } from './parts.ts';
import { type S3Credentials, type S3Server, type S3ServerOptions, type S3ServerPlace, startS3Server } from './s3-server.ts';

const credentials: S3Credentials = { accessKeyId: 'rootcellar-test', secretAccessKey: 'minio-0nly-knows-Wj8' };

/** The server-side encryption key it knows: for `aws:kms` with this key id. */
export const minioKmsKeyId = 'test-key';

/** Starts the second S3 server: other error codes, KMS, lifecycle rules. Only in the lane `npm run test:minio`: it takes minutes to build. */
export async function startMinio(options: S3ServerOptions = {}): Promise<S3Server> {
  return startS3Server({ program: await programPath('minio'), credentials, commandLine, environment }, options);
}

function commandLine({ port, data, certificates }: S3ServerPlace, extra: readonly string[]): string[] {
  const tls = certificates === undefined ? [] : ['--certs-dir', certificates];
  return ['server', '--address', `127.0.0.1:${port}`, '--quiet', ...tls, ...extra, data];
}

function environment(): Record<string, string> {
  return {
    MINIO_ROOT_USER: credentials.accessKeyId,
    MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
    MINIO_BROWSER: 'off',
    MINIO_CI_CD: '1',
    // Its own user data is encrypted with it, so a restart needs the same one.
    MINIO_KMS_SECRET_KEY: `${minioKmsKeyId}:${Buffer.alloc(32, 7).toString('base64')}`,
  };
}

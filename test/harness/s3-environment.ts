import type { GivenCredentials } from './aws-credential-services.ts';

/**
 * Makes this process's environment that of a machine with these credentials and nothing else that the SDK would find: no
 * profile, no files, no instance role. The SDK reads it when a store sends its first request.
 */
export function useS3Credentials(credentials: GivenCredentials | undefined): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env['AWS_CONFIG_FILE'] = '/dev/null';
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null';
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  if (credentials === undefined) return;
  process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey;
  if (credentials.sessionToken !== undefined) process.env['AWS_SESSION_TOKEN'] = credentials.sessionToken;
}

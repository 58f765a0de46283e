import type { S3Client } from '@aws-sdk/client-s3';

import { Failure } from '../foundation/failure.ts';
import { s3ErrorName, statusOf } from './s3-failures.ts';

/** The variables by which the SDK's chain finds credentials; only for the sentences. */
export type CredentialEnvironment = Readonly<Record<string, string | undefined>>;

interface Trouble {
  readonly code: `E_${string}`;
  readonly state: string;
  readonly hint: string;
}

/** Thrown in place of what the SDK's search for credentials threw, where it is no passing trouble. */
export class CredentialSearchError extends Error {
  readonly #trouble: Trouble;

  constructor(trouble: Trouble, cause: unknown) {
    super(trouble.state, { cause });
    this.#trouble = trouble;
  }

  /** @param attempt what was to be done with the credentials: `Cannot list s3://bucket` */
  toFailure(attempt: string): Failure {
    const { code, state, hint } = this.#trouble;
    return new Failure(code, `${attempt}: ${state}`, { hint, cause: this.cause });
  }
}

/**
 * Parts the answers of a token service from those of the store: both have the same codes, and "access denied" of the former is no
 * matter of the bucket's policy. The SDK's chain itself stays as it is.
 */
export function explainCredentials(client: S3Client, environment: CredentialEnvironment): void {
  const search = client.config.credentials;
  client.config.credentials = async (properties?: Record<string, unknown>) => {
    try {
      return await search(properties);
    } catch (error) {
      const trouble = troubleOf(error, environment);
      throw trouble === undefined ? error : new CredentialSearchError(trouble, error);
    }
  };
}

const passing = /^(IDPCommunicationError|Throttl|RequestLimitExceeded|TooManyRequests)/;

function troubleOf(error: unknown, environment: CredentialEnvironment): Trouble | undefined {
  if (error instanceof Error && error.name.endsWith('ProviderError')) return notFound(environment);
  const { code, path } = error as NodeJS.ErrnoException;
  if (typeof path === 'string' && typeof code === 'string') {
    return {
      code: 'E_CREDENTIALS_MISSING',
      state: `the file "${path}" cannot be read for credentials (${code})`,
      hint: 'check AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, the mount behind it, and who may read it',
    };
  }
  const [status, name] = [statusOf(error), s3ErrorName(error)];
  if (status === undefined || status < 400 || status >= 500 || status === 429 || passing.test(name)) return undefined;
  return {
    code: 'E_CREDENTIALS_REFUSED',
    state: `the token service gave no credentials for the role (${name}: ${told(error)})`,
    hint: 'check AWS_ROLE_ARN and the trust policy of the role, and that the token in AWS_WEB_IDENTITY_TOKEN_FILE is not expired and is for the audience that the role trusts',
  };
}

/** The chain ends with one general error: where it was told to look is what helps. */
function notFound(environment: CredentialEnvironment): Trouble {
  const code = 'E_CREDENTIALS_MISSING';
  const service = environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  if (service) {
    return {
      code,
      state: 'the credential service of the container (EKS Pod Identity, ECS) gave no AWS credentials',
      hint: 'see that its agent runs and that the service account is associated with a role, and check AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    };
  }
  const profile = environment['AWS_PROFILE'];
  if (profile) {
    return {
      code,
      state: `no AWS credentials were found for the profile "${profile}"`,
      hint: 'check AWS_PROFILE, and that AWS_SHARED_CREDENTIALS_FILE or AWS_CONFIG_FILE has that profile and may be read',
    };
  }
  return {
    code,
    state: 'no AWS credentials were found',
    hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the pod a role (IRSA, Pod Identity) or the machine an instance role',
  };
}

function told(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  return text.replaceAll(/\s+/g, ' ').replace(/\.$/, '').trim().slice(0, 200);
}

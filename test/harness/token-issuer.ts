import { generateKeyPairSync, sign } from 'node:crypto';
import { answerJson, type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

export interface TokenIssuer extends LoopbackServer {
  /** The address to configure where its tokens shall be trusted. */
  readonly configurationUrl: string;
  /** A signed RS256 token for `audience`, as Kubernetes projects one into a pod. */
  token(claims: TokenClaims): string;
  /** The same claims, signed by a key that is not the issuer's. */
  forged(claims: TokenClaims): string;
}

export interface TokenClaims {
  readonly audience: string;
  readonly subject: string;
  /** Negative for one that has expired. */
  readonly expiresInSeconds: number;
}

const keyId = 'test-key-1';

/** A real OpenID Connect issuer on loopback: discovery, its public key, and tokens: what a cluster's service account issuer is to an STS. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const another = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = await startLoopbackServer(({ url }, response) => {
    if (url === '/keys') return answerJson(response, { keys: [publicKey()] });
    if (url !== '/.well-known/openid-configuration') return answerJson(response, {}, 404);
    answerJson(response, {
      issuer: server.url,
      jwks_uri: `${server.url}/keys`,
      authorization_endpoint: `${server.url}/authorize`,
      token_endpoint: `${server.url}/token`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    });
  });
  const publicKey = () => ({ ...own.publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' });
  const signed = ({ audience, subject, expiresInSeconds }: TokenClaims, key: typeof own.privateKey): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: server.url, aud: audience, sub: subject, iat: now - 7200, nbf: now - 7200, exp: now + expiresInSeconds };
    const head = [{ alg: 'RS256', typ: 'JWT', kid: keyId }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    return [...head, sign('sha256', Buffer.from(head.join('.')), key).toString('base64url')].join('.');
  };
  return Object.assign(server, {
    configurationUrl: `${server.url}/.well-known/openid-configuration`,
    token: (claims: TokenClaims) => signed(claims, own.privateKey),
    forged: (claims: TokenClaims) => signed(claims, another.privateKey),
  });
}

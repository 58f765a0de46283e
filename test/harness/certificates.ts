import { type KeyObject, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Certificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** By which Kubernetes knows the groups of a user; not of an authority. */
  readonly organization?: string;
  /** DNS names and IPv4 addresses the certificate is for. */
  readonly hosts?: readonly string[];
  /** Who signs it; it signs itself when absent. */
  readonly issuer?: Certificate & { readonly commonName: string };
  readonly isAuthority?: boolean;
  /** Yesterday unless told. */
  readonly validFrom?: Date;
  /** In a year unless told. */
  readonly validTo?: Date;
}

const dayMilliseconds = 86_400_000;

/**
 * Makes an X.509 certificate (RFC 5280) with an EC P-256 key. By hand, because Node signs but has no words for certificates,
 * and a fresh machine need not have openssl.
 */
export function makeCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = options.issuer === undefined ? privateKey : createPrivateKey(options.issuer.privateKeyPem);
  const validFrom = options.validFrom ?? new Date(Date.now() - dayMilliseconds);
  const validTo = options.validTo ?? new Date(Date.now() + 365 * dayMilliseconds);
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))), // version 3
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    ecdsaWithSha256,
    options.issuer === undefined
      ? distinguishedName(options.commonName, options.organization)
      : distinguishedName(options.issuer.commonName),
    sequence(generalizedTime(validFrom), generalizedTime(validTo)),
    distinguishedName(options.commonName, options.organization),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(options))),
  );
  return { certificatePem: certificatePem(body, signer), privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));

function certificatePem(body: Buffer, signer: KeyObject): string {
  const signature = tagged(0x03, Buffer.of(0), sign('sha256', body, signer));
  const base64 = sequence(body, ecdsaWithSha256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function extensions({ hosts = [], isAuthority = false }: CertificateOptions): Buffer[] {
  const constraints = extension('551d13', sequence(...(isAuthority ? [tagged(0x01, Buffer.of(0xff))] : [])), true);
  if (hosts.length === 0) return [constraints];
  const names = hosts.map((host) =>
    isIPv4(host) ? tagged(0x87, Buffer.from(host.split('.').map(Number))) : tagged(0x82, Buffer.from(host)),
  );
  return [constraints, extension('551d11', sequence(...names), false)];
}

function extension(id: string, value: Buffer, isCritical: boolean): Buffer {
  return sequence(objectId(id), ...(isCritical ? [tagged(0x01, Buffer.of(0xff))] : []), tagged(0x04, value));
}

function distinguishedName(commonName: string, organization?: string): Buffer {
  const part = (type: string, value: string): Buffer => tagged(0x31, sequence(objectId(type), tagged(0x0c, Buffer.from(value))));
  return sequence(...(organization === undefined ? [] : [part('55040a', organization)]), part('550403', commonName));
}

function generalizedTime(time: Date): Buffer {
  return tagged(0x18, Buffer.from(`${time.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`));
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

/** One DER value: tag, length, content. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 128) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = content.length < 256 ? Buffer.of(0x81, content.length) : Buffer.of(0x82, content.length >> 8, content.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, content]);
}

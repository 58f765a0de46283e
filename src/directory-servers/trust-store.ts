import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exitCodes, Failure, messageOf } from '../foundation/failure.ts';

export interface TrustStore extends AsyncDisposable {
  readonly file: string;
  readonly pinFile: string;
}

/**
 * Makes a store that trusts the certificates of a PEM file, for the server's programs: they read no PEM. It lies in a folder
 * that nobody else can read, and is removed when disposed. No Java is needed: the server's programs may run elsewhere.
 *
 * @throws Failure E_CA_FILE (exit code 2)
 */
export async function makeTrustStore(caFile: string): Promise<TrustStore> {
  const certificates = certificatesIn(
    await readFile(caFile, 'utf8').catch((error: unknown) => Promise.reject(noCertificates(caFile, error))),
    caFile,
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'rootcellar-trust-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const store = { file: path.join(folder, 'trust.jks'), pinFile: path.join(folder, 'pin'), [Symbol.asyncDispose]: remove };
  try {
    const pin = randomBytes(16).toString('hex');
    await writeFile(store.pinFile, pin, { mode: 0o600 });
    await writeFile(store.file, encodeTrustStore(certificates, pin), { mode: 0o600 });
    return store;
  } catch (error) {
    await remove();
    throw error;
  }
}

function certificatesIn(pem: string, caFile: string): readonly X509Certificate[] {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (texts.length > 0) return texts.map((text) => new X509Certificate(text));
  } catch (error) {
    throw noCertificates(caFile, error);
  }
  throw noCertificates(caFile, new Error('it has no certificate'));
}

function noCertificates(caFile: string, cause: unknown): Failure {
  return new Failure('E_CA_FILE', `Cannot read the file ${caFile} of the setting server.caFile: ${messageOf(cause)}`, {
    exitCode: exitCodes.usage,
    hint: 'name a PEM file of certificates that this user may read',
    cause,
  });
}

/**
 * Java's own format JKS, which every Java reads, under the name of PKCS #12 too (OpenJDK, sun.security.provider.JavaKeyStore: magic and version; for each certificate
 * the tag 2, alias, milliseconds, type and DER; a SHA-1 over the passphrase in UTF-16, the words "Mighty Aphrodite" and all before).
 */
function encodeTrustStore(certificates: readonly X509Certificate[], pin: string): Buffer {
  const entries = certificates.map(({ raw }, index) =>
    Buffer.concat([number(2), text(`ca-${index}`), Buffer.alloc(8), text('X.509'), number(raw.length), raw]),
  );
  const body = Buffer.concat([number(0xfeedfeed), number(2), number(entries.length), ...entries]);
  const key = Buffer.from(pin, 'utf16le').swap16();
  return Buffer.concat([body, createHash('sha1').update(key).update('Mighty Aphrodite').update(body).digest()]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Of ASCII. */
function text(value: string): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value.length);
  return Buffer.concat([bytes, Buffer.from(value, 'latin1')]);
}

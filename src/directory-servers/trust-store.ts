import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '../foundation/failure.ts';
import { runTool } from './run-tool.ts';

export interface TrustStore extends AsyncDisposable {
  readonly file: string;
  readonly pinFile: string;
}

/**
 * Makes a PKCS #12 store that trusts the certificates of a PEM file, for the server's programs: they read no PEM. It lies in a folder
 * that nobody else can read, and is removed when disposed.
 *
 * @throws Failure E_TOOL_MISSING without Java's `keytool` on the PATH or in JAVA_HOME, E_TOOL_FAILED
 */
export async function makeTrustStore(caFile: string, javaHome: string | undefined, signal?: AbortSignal): Promise<TrustStore> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rootcellar-trust-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const store = { file: path.join(folder, 'trust.p12'), pinFile: path.join(folder, 'pin'), [Symbol.asyncDispose]: remove };
  try {
    await writeFile(store.pinFile, randomBytes(16).toString('hex'), { mode: 0o600 });
    const certificates = (await readFile(caFile, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    for (const [index, certificate] of certificates.entries()) {
      const pem = path.join(folder, `${index}.pem`);
      await writeFile(pem, `${certificate}\n`);
      await importCertificate({ pem, alias: `ca-${index}`, store, javaHome, signal });
    }
    return store;
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Import {
  readonly pem: string;
  readonly alias: string;
  readonly store: TrustStore;
  readonly javaHome: string | undefined;
  readonly signal: AbortSignal | undefined;
}

async function importCertificate({ pem, alias, store, javaHome, signal }: Import): Promise<void> {
  const attempt = 'make a trust store of server.caFile';
  const { exitCode, lines } = await runTool({
    attempt,
    program: javaHome === undefined ? 'keytool' : path.join(javaHome, 'bin', 'keytool'),
    arguments: [
      '-importcert',
      '-noprompt',
      '-alias',
      alias,
      '-file',
      pem,
      '-keystore',
      store.file,
      '-storetype',
      'PKCS12',
      '-storepass:file',
      store.pinFile,
    ],
    signal,
  });
  if (exitCode === 0) return;
  throw new Failure('E_TOOL_FAILED', `Cannot ${attempt}: keytool says "${lines.at(-1) ?? ''}"`, {
    hint: 'see that server.caFile is a PEM file of certificates',
  });
}

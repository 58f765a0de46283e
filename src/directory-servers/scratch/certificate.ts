import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { Failure } from '../../foundation/failure.ts';
import { runTool } from '../run-tool.ts';
import { toolWordsForJvm } from './jvm-options.ts';

export interface OwnCertificate {
  /** PKCS #12. */
  readonly keyStore: string;
  readonly pinFile: string;
  readonly alias: string;
  /** PEM of the certificate alone; who trusts it trusts this server. */
  readonly caFile: string;
}

export interface CertificateRequest {
  readonly folder: string;
  /** Beside localhost and 127.0.0.1. */
  readonly hostNames: readonly string[];
  readonly days: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

const alias = 'server-cert';

/**
 * Makes a key and a self-signed certificate with the names that a verifying client looks for: the one that the set-up would make has none of them
 * (OpenDJ 5.0.3, tried). Both files with secrets are readable by this user alone.
 *
 * @throws Failure E_TOOL_MISSING without Java's `keytool`, E_SCRATCH_SETUP
 */
export async function makeOwnCertificate(request: CertificateRequest): Promise<OwnCertificate> {
  const file = (name: string): string => path.join(request.folder, name);
  const made = { keyStore: file('keystore.p12'), pinFile: file('keystore.pin'), alias, caFile: file('ca.pem') };
  await writeFile(made.pinFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  const store = ['-keystore', made.keyStore, '-storetype', 'PKCS12', '-storepass:file', made.pinFile, '-alias', alias];
  const names = ['dns:localhost', 'ip:127.0.0.1', ...request.hostNames.map((name) => `${isIP(name) === 0 ? 'dns' : 'ip'}:${name}`)];
  const about = ['-dname', 'CN=localhost,O=rootcellar', '-validity', String(request.days), '-ext', `san=${[...new Set(names)].join(',')}`];
  const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-ext', 'bc=ca:true', '-noprompt'];
  await keytool(request, ['-genkeypair', ...store, ...key, ...about]);
  await keytool(request, ['-exportcert', ...store, '-rfc', '-file', made.caFile]);
  return made;
}

async function keytool({ environment, signal }: CertificateRequest, words: readonly string[]): Promise<void> {
  const attempt = 'make a certificate for the new server';
  const javaHome = environment['OPENDJ_JAVA_HOME'] ?? environment['JAVA_HOME'];
  const program = javaHome === undefined ? 'keytool' : path.join(javaHome, 'bin', 'keytool');
  const { exitCode, lines } = await runTool({ attempt, program, arguments: [...words, ...toolWordsForJvm], environment, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof Failure) || error.code !== 'E_TOOL_MISSING') throw error;
      throw new Failure('E_TOOL_MISSING', `Cannot ${attempt}: ${program} cannot be run`, {
        hint: 'install Java (11 or newer for OpenDJ 5), or set JAVA_HOME to where it is',
        cause: error,
      });
    },
  );
  if (exitCode === 0) return;
  throw new Failure('E_SCRATCH_SETUP', `Cannot ${attempt}: keytool says "${lines.at(-1) ?? ''}"`, {
    hint: 'see that Java is whole: run keytool by hand',
  });
}

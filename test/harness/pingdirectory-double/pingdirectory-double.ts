import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeCertificate } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { runProgram } from '../run-program.ts';
import { startServerProcess } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { cached } from '../test-cache.ts';

export interface PingDirectoryDouble extends AsyncDisposable {
  /** With the name of the certificate. */
  readonly ldapsUrl: string;
  readonly bindDn: string;
  readonly password: string;
  readonly caFile: string;
  /** A server's root folder with `bin/encryption-settings` alone. */
  readonly home: string;
  /** For the tests' own files; removed with the double. */
  readonly folder: string;
  output(): string;
}

const sdkVersion = '7.0.3';
const password = '2FederateM0re';

/** Starts the double of PingDirectory in about two seconds; `PingDirectoryDouble.java` says what it does. */
export async function startPingDirectoryDouble(): Promise<PingDirectoryDouble> {
  const home = await temporaryFolder('pingdirectory');
  const file = (name: string): string => path.join(home.path, name);
  const { certificatePem, privateKeyPem } = makeCertificate({ commonName: 'localhost', hosts: ['localhost'], isAuthority: true });
  await writeFile(file('server.pem'), certificatePem);
  await writeFile(file('server.key'), privateKeyPem, { mode: 0o600 });
  await writeFile(file('password'), password, { mode: 0o600 });
  await mkdir(file('bin'));
  await copyFile(path.join(import.meta.dirname, 'encryption-settings.sh'), file('bin/encryption-settings'));
  await chmod(file('bin/encryption-settings'), 0o755);
  const port = await freePort();
  const program = path.join(import.meta.dirname, 'PingDirectoryDouble.java');
  const server = await startServerProcess({
    program: 'java',
    arguments: [
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Xmx128m',
      '-cp',
      await sdkJar(),
      program,
      String(port),
      file('server.pem'),
      file('server.key'),
      file('password'),
    ],
    folder: home.path,
    ready: { line: /READY/, ports: [port] },
    deadline: 60_000,
  });
  return {
    ldapsUrl: `ldaps://localhost:${port}`,
    bindDn: 'cn=administrator',
    password,
    caFile: file('server.pem'),
    home: home.path,
    folder: home.path,
    output: () => server.output(),
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await home.remove();
    },
  };
}

/** The vendor's LDAP SDK for Java, open source, from Maven Central. */
async function sdkJar(): Promise<string> {
  const folder = await cached({
    name: `unboundid-ldapsdk-${sdkVersion}`,
    announcement: `fetching the LDAP SDK ${sdkVersion} with Maven (about 10 s)`,
    make: async (fresh) => {
      const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
      const artifact = `com.unboundid:unboundid-ldapsdk:${sdkVersion}`;
      await runProgram('mvn', ['-B', '-q', '-ntp', goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${fresh}`], { folder: fresh });
    },
  });
  return path.join(folder, `unboundid-ldapsdk-${sdkVersion}.jar`);
}

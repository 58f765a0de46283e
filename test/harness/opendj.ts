import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Client } from 'ldapts';
import { freePorts } from './free-port.ts';
import { classArchiveOptions } from './opendj-classes.ts';
import { changeConfig, copyInstance, type InstancePorts, withPorts } from './opendj-instance.ts';
import { startOpendjJvm } from './opendj-jvm.ts';
import { makeCertificate, opendjSetup, opendjTemplate } from './opendj-template.ts';
import { runProgram } from './run-program.ts';
import type { ServerProcess } from './server-process.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

export interface OpendjOptions {
  /** Entries below `ou=People,dc=example,dc=com`, named `uid=user.0` and so on; 50 unless told. */
  readonly people?: number;
  /** As the JVM has it; `512m` unless told. */
  readonly heap?: string;
  /** `expired`: its certificate ended weeks ago; otherwise it is valid, and verified by `caFile`. */
  readonly certificate?: 'valid' | 'expired';
}

export interface OpendjServer extends AsyncDisposable {
  /** The instance: `bin`, `config`, `db`, `logs`. */
  readonly folder: string;
  /** 127.0.0.1; the certificate is also for `localhost`. */
  readonly host: string;
  readonly ldapPort: number;
  readonly ldapsPort: number;
  /** The tools' port, TLS. */
  readonly adminPort: number;
  readonly ldapUrl: string;
  readonly ldapsUrl: string;
  readonly baseDn: string;
  readonly bindDn: string;
  readonly password: string;
  /** A file with the password, mode 0600, without a line end. */
  readonly passwordFile: string;
  /** PEM; verifies the LDAPS port and the administration port. */
  readonly caFile: string;
  /** Of the JVM; another one after `restart`. */
  readonly pid: number;
  /** What the server printed since its last start. */
  output(): string;
  /** A client over verified LDAPS, bound as the directory manager; the caller unbinds it. */
  connect(): Promise<Client>;
  /** Runs `bin/NAME` of the instance to its end and returns its output; throws when its exit code is not 0. */
  tool(name: string, toolArguments: readonly string[]): Promise<string>;
  stop(): Promise<void>;
  /** SIGKILL, as a node that loses power. */
  kill(): Promise<void>;
  /** Stops it if it runs, and starts it again: same folder, same ports. */
  restart(): Promise<void>;
}

/** Starts an OpenDJ of its own on free loopback ports, in a few seconds; disposing it stops it and removes its folder. */
export async function startOpendj(options: OpendjOptions = {}): Promise<OpendjServer> {
  const home = await temporaryFolder('opendj');
  const [ldap = 0, ldaps = 0, admin = 0] = await freePorts(3);
  const ports = { ldap, ldaps, admin };
  const folder = path.join(home.path, 'opendj');
  await copyInstance(await opendjTemplate(options.people ?? 50), folder);
  await changeConfig(folder, 'config.ldif', (config) => withPorts(config, ports));
  if (options.certificate === 'expired') await makeCertificate(folder, '-60d', 30);
  return serveInstance(home, ports, options);
}

/**
 * Starts the instance in the folder `opendj` of `home`, whose configuration has these ports already. Disposing the server removes `home`.
 */
export async function serveInstance(home: TemporaryFolder, ports: InstancePorts, options: OpendjOptions = {}): Promise<OpendjServer> {
  const { ldap, ldaps, admin } = ports;
  const folder = path.join(home.path, 'opendj');
  const passwordFile = path.join(home.path, 'password');
  await writeFile(passwordFile, opendjSetup.password, { mode: 0o600 });
  const caFile = path.join(folder, 'config/server.pem');
  let server = await startJvm(folder, ports, options);
  const stop = async (): Promise<void> => {
    await server.stop();
    // The server removes it itself when it was started by its own script.
    await rm(path.join(folder, 'logs/server.pid'), { force: true });
  };
  return {
    folder,
    host: '127.0.0.1',
    ldapPort: ldap,
    ldapsPort: ldaps,
    adminPort: admin,
    ldapUrl: `ldap://127.0.0.1:${ldap}`,
    ldapsUrl: `ldaps://127.0.0.1:${ldaps}`,
    baseDn: opendjSetup.baseDn,
    bindDn: opendjSetup.bindDn,
    password: opendjSetup.password,
    passwordFile,
    caFile,
    get pid() {
      return server.pid;
    },
    output: () => server.output(),
    connect: async () => {
      const client = new Client({ url: `ldaps://127.0.0.1:${ldaps}`, tlsOptions: { ca: await readFile(caFile) } });
      await client.bind(opendjSetup.bindDn, opendjSetup.password);
      return client;
    },
    tool: (name, toolArguments) => runProgram(path.join(folder, 'bin', name), toolArguments, { folder }),
    stop,
    kill: () => server.kill(),
    restart: async () => {
      await stop();
      await mendConfiguration(path.join(folder, 'config'));
      server = await startJvm(folder, ports, options);
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await home.remove();
    },
  };
}

async function startJvm(folder: string, ports: InstancePorts, { heap }: OpendjOptions): Promise<ServerProcess> {
  return startOpendjJvm(folder, ports, { heap, more: await classArchiveOptions() });
}

/**
 * What an operator mends when the server was killed right while it wrote its configuration, as it does not start then: it has none, and its own copy of
 * the last good start is put back; or a copy in `archived-configs` is cut short, whose digest it wants at each start, and it is removed.
 */
async function mendConfiguration(folder: string): Promise<void> {
  const file = path.join(folder, 'config.ldif');
  if (!existsSync(file)) await cp(`${file}.startok`, file);
  const archived = path.join(folder, 'archived-configs');
  for (const name of existsSync(archived) ? await readdir(archived) : []) {
    if (!isWholeGzip(await readFile(path.join(archived, name)))) await rm(path.join(archived, name));
  }
}

function isWholeGzip(bytes: Buffer): boolean {
  try {
    gunzipSync(bytes);
    return true;
  } catch {
    return false;
  }
}

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Client } from 'ldapts';
import { freePorts } from './free-port.ts';
import { fastJvmOptions, makeCertificate, opendjSetup, opendjTemplate } from './opendj-template.ts';
import { runProgram } from './run-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
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

/** The ports that every instance listens on. */
export interface InstancePorts {
  readonly ldap: number;
  readonly ldaps: number;
  readonly admin: number;
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

/** Copies what differs between instances, and links what is the same in all. */
export async function copyInstance(template: string, folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of ['config', 'db', 'classes', 'bin', 'changelogDb'])
    await cp(path.join(template, name), path.join(folder, name), { recursive: true });
  for (const name of ['lib', 'template']) await symlink(path.join(template, name), path.join(folder, name));
  for (const name of ['logs', 'locks', 'tmp', 'bak', 'ldif', 'import-tmp']) await mkdir(path.join(folder, name));
}

/** Rewrites a file of a stopped instance's `config` folder. */
export async function changeConfig(folder: string, name: string, change: (text: string) => string): Promise<void> {
  const file = path.join(folder, 'config', name);
  await writeFile(file, change(await readFile(file, 'utf8')), { mode: 0o600 });
}

/** The configuration of the model with these ports in place of its own. */
export function withPorts(config: string, ports: InstancePorts): string {
  let changed = config;
  for (const kind of ['ldap', 'ldaps', 'admin'] as const) {
    changed = changed.replaceAll(`ds-cfg-listen-port: ${opendjSetup.ports[kind]}\n`, `ds-cfg-listen-port: ${ports[kind]}\n`);
  }
  return changed;
}

/** What `bin/start-ds --nodetach` runs in the end, without the two JVMs that it starts before: seconds faster, and the process is ours. */
async function startJvm(folder: string, ports: InstancePorts, options: OpendjOptions): Promise<ServerProcess> {
  const server = await startServerProcess({
    program: 'java',
    arguments: [
      ...fastJvmOptions,
      `-Xmx${options.heap ?? '512m'}`,
      `-Djava.io.tmpdir=${path.join(folder, 'tmp')}`,
      '--add-exports=java.base/sun.security.x509=ALL-UNNAMED',
      '--add-exports=java.base/sun.security.tools.keytool=ALL-UNNAMED',
      '--add-opens=java.base/jdk.internal.loader=ALL-UNNAMED',
      '-Dorg.opends.server.scriptName=start-ds',
      '-cp',
      `${path.join(folder, 'classes')}:${path.join(folder, 'lib')}/*`,
      'org.opends.server.core.DirectoryServer',
      '--configFile',
      path.join(folder, 'config/config.ldif'),
      '--nodetach',
    ],
    environment: { INSTALL_ROOT: folder, INSTANCE_ROOT: folder, HOME: folder },
    folder,
    // It says so before its connection handlers listen.
    ready: { line: /The Directory Server has started successfully/, ports: [ports.ldap, ports.ldaps, ports.admin] },
    deadline: 120_000,
  });
  await writeFile(path.join(folder, 'logs/server.pid'), `${server.pid}\n`);
  return server;
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

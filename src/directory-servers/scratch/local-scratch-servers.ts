import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bytesOf } from '../../domain/manifest.ts';
import type { Clock } from '../../foundation/clock.ts';
import { Failure, interrupted } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { Secret } from '../../foundation/secret.ts';
import { recogniseProduct } from '../detect-product.ts';
import { runTool } from '../run-tool.ts';
import type { Installation, ScratchRequest, ScratchServer, ScratchServers, ServerPorts } from '../scratch-server.ts';
import { ToolsDirectoryServer } from '../tools-directory-server.ts';
import { makeOwnCertificate } from './certificate.ts';
import { inspectInstallation, unpackInstallation } from './installation.ts';
import { endProcessesOf, folderVariable } from './own-processes.ts';
import { scratchJvmOptions, toolJvmOptions } from './jvm-options.ts';
import { RunningScratchServer } from './running-scratch-server.ts';
import { changeConfig, type WantedBackend } from './scratch-config.ts';
import { type Owners, ScratchFolders } from './scratch-folders.ts';
import { furtherBackends, megabytes, scratchProducts } from './scratch-products.ts';
import { assertPortsFree, freeLoopbackPorts } from './server-process.ts';

export interface ScratchOptions {
  readonly clock: Clock;
  readonly owners: Owners;
  /** Of this process; the programs get of it what they need. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a password from its file and keeps it out of all output. */
  readonly readSecret: (file: string) => Promise<Secret>;
  readonly newTaskId: () => string;
}

const rootDn = 'cn=Directory Manager';
const passedOn = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'JAVA_HOME', 'OPENDJ_JAVA_HOME', 'UNBOUNDID_JAVA_HOME'] as const;
const certificateDays = 3650;

/** Servers on this machine, each below one folder: `server/` its root, beside it its certificate, its root account's password and what it prints. */
export class LocalScratchServers implements ScratchServers {
  readonly #options: ScratchOptions;
  readonly #folders: ScratchFolders;

  constructor(options: ScratchOptions) {
    this.#options = options;
    this.#folders = new ScratchFolders(options.owners, options.clock);
  }

  inspect(place: string, options?: OperationContext): Promise<Installation> {
    return inspectInstallation(place, options);
  }

  claim(folder: string): Promise<void> {
    return this.#folders.claim(folder);
  }

  claimNew(parent: string): Promise<string> {
    return this.#folders.claimNew(parent);
  }

  release(folder: string): Promise<void> {
    return this.#folders.leave(folder);
  }

  sweep(parent: string): Promise<readonly string[]> {
    return this.#folders.sweep(parent);
  }

  remove(folder: string): Promise<void> {
    return this.#folders.remove(folder);
  }

  assertFree(ports: ServerPorts, address: string): Promise<void> {
    return assertPortsFree('make the server', [...new Set(['127.0.0.1', address])], ports);
  }

  async make(request: ScratchRequest, options: OperationContext = {}): Promise<ScratchServer> {
    try {
      return await this.#make(request, options);
    } catch (error) {
      await endProcessesOf(request.folder, 'at-once', this.#options.clock);
      throw error;
    }
  }

  async #make(request: ScratchRequest, options: OperationContext): Promise<ScratchServer> {
    const { folder, installation, manifest } = request;
    const { signal } = options;
    const home = path.join(folder, 'server');
    const environment = this.#environmentFor(folder);
    await step(options, `unpack ${installation.product} ${installation.version}`, () => unpackInstallation(installation, home, signal));
    const ports = request.ports ?? (await freePorts());
    const passwordFile = request.rootPasswordFile ?? (await randomPassword(folder));
    const isTemporary = request.ports === undefined;
    const backends = manifest.backends
      .filter(({ role }) => role === 'user')
      .map(({ id, baseDns }) => ({ id, baseDns: baseDns.map(({ dn }) => dn) }));
    const place = { request, home, environment, ports, passwordFile, backends };
    const caFile = await step(options, 'set up the server', () => this.#setUp(place, signal));
    await step(options, 'put the schema in place', () => this.#restoreSchema(place, options));
    if (scratchProducts[installation.product].hasEditableConfig) await editConfig(place, isTemporary);
    else await createBackends(place, signal);
    const running = new RunningScratchServer({
      ...this.#options,
      folder,
      home,
      product: installation.product,
      ports,
      bindDn: rootDn,
      passwordFile,
      caFile,
      environment: { ...environment, OPENDJ_JAVA_ARGS: isTemporary ? scratchJvmOptions(request.heapBytes, bytesOf(manifest)) : '' },
    });
    await step(options, 'start the server', () => running.start(signal));
    return running;
  }

  #environmentFor(folder: string): Readonly<Record<string, string>> {
    const { environment } = this.#options;
    const own = Object.fromEntries(passedOn.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
    return { ...own, [folderVariable]: folder, OPENDJ_JAVA_ARGS: toolJvmOptions };
  }

  async #setUp({ request, home, environment, ports, passwordFile, backends }: Place, signal: AbortSignal | undefined): Promise<string> {
    const { folder, installation, manifest, setFolder, heapBytes, encryptionPinFile, hostNames } = request;
    const certificate = await makeOwnCertificate({ folder, hostNames, days: certificateDays, environment, signal });
    const licence = (await readdir(home)).find((name) => name.toLowerCase().endsWith('.lic'));
    const words = scratchProducts[installation.product].setup({
      ports,
      certificate,
      passwordFile,
      backends,
      heapBytes,
      bindDn: rootDn,
      encryptionSettings:
        manifest.encryptionSettings === undefined || encryptionPinFile === undefined
          ? undefined
          : { file: path.join(setFolder, manifest.encryptionSettings), pinFile: encryptionPinFile },
      licenceFile: licence === undefined ? undefined : path.join(home, licence),
    });
    await runSetupTool('set up a server', path.join(home, 'setup'), words, environment, signal);
    return certificate.caFile;
  }

  /** Before the first start and the users' entries, which may need it; by the server's own program, onto the very same version only. */
  async #restoreSchema({ request, home, environment }: Place, options: OperationContext): Promise<void> {
    const { manifest, installation, setFolder } = request;
    const schema = manifest.backends.find(({ role }) => role === 'schema');
    if (schema === undefined || manifest.source?.version !== installation.version) {
      const state = schema === undefined ? 'the set has none' : `it is of version ${manifest.source?.version ?? 'unknown'}`;
      return options.report?.({ kind: 'note', level: 'warning', text: `the schema of the installation is used as it is: ${state}` });
    }
    const tools = new ToolsDirectoryServer({ home, environment, known: recogniseProduct(installation.product, installation.version) });
    const { signal } = options;
    await tools.restore({ backend: schema.id, folder: path.join(setFolder, schema.folder), backupId: schema.backupId }, { signal });
  }
}

interface Place {
  readonly request: ScratchRequest;
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: ServerPorts;
  readonly passwordFile: string;
  readonly backends: readonly WantedBackend[];
}

async function editConfig({ request, home, ports, backends }: Place, isTemporary: boolean): Promise<void> {
  const { manifest, setFolder, heapBytes } = request;
  const file = path.join(home, 'config', 'config.ldif');
  const source = manifest.configuration === undefined ? undefined : await readFile(path.join(setFolder, manifest.configuration), 'utf8');
  const config = await readFile(file, 'utf8');
  await writeFile(file, changeConfig(config, { address: '127.0.0.1', ports, backends, source, isTemporary }), { mode: 0o600 });
  // What set-up made for its own backend.
  await rm(path.join(home, 'db'), { recursive: true, force: true });
  await mkdir(path.join(home, 'db'));
  if (isTemporary || heapBytes === undefined) return;
  const properties = path.join(home, 'config', 'java.properties');
  const text = await readFile(properties, 'utf8');
  await writeFile(properties, text.replace(/^start-ds\.java-args=.*$/m, `start-ds.java-args=-server -Xmx${megabytes(heapBytes)}m`));
}

async function createBackends({ request, home, environment, backends }: Place, signal: AbortSignal | undefined): Promise<void> {
  const { createBackend } = scratchProducts[request.installation.product];
  if (createBackend === undefined) return;
  for (const backend of furtherBackends(backends)) {
    const [program, ...words] = createBackend(backend);
    await runSetupTool(`make the backend "${backend.id}"`, path.join(home, 'bin', program), words, environment, signal);
  }
}

async function runSetupTool(
  attempt: string,
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { exitCode, lines } = await runTool({ attempt, program, arguments: words, environment, signal });
  if (exitCode === 0) return;
  if (signal?.aborted === true) throw interrupted(`The attempt to ${attempt}`);
  const said = lines.slice(-3).join(' ').replaceAll(/\s+/g, ' ').slice(-400);
  throw new Failure('E_SCRATCH_SETUP', `Cannot ${attempt}: ${path.basename(program)} ended with exit code ${exitCode} and says "${said}"`, {
    hint: 'see that Java fits the installation (11 or newer for OpenDJ 5), and try the same set-up by hand',
  });
}

async function randomPassword(folder: string): Promise<string> {
  const file = path.join(folder, 'root-password');
  // Letters, digits and two signs, so that a product's rules for passwords are met.
  await writeFile(file, `Aa1-${randomBytes(24).toString('base64url')}`, { mode: 0o600 });
  return file;
}

async function freePorts(): Promise<ServerPorts> {
  const [ldap = 0, ldaps = 0, administration = 0] = await freeLoopbackPorts(3);
  return { ldap, ldaps, administration };
}

async function step<Result>({ report, signal }: OperationContext, name: string, work: () => Promise<Result>): Promise<Result> {
  if (signal?.aborted === true) throw interrupted(`The attempt to ${name}`);
  report?.({ kind: 'begin', step: name });
  const result = await work();
  report?.({ kind: 'end', step: name });
  return result;
}

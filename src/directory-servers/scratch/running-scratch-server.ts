import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Product } from '../directory-server.ts';
import { LdapDirectoryServer } from '../ldap-directory-server.ts';
import { LdapSession } from '../ldap-session.ts';
import type { EntrySearch, FoundEntry, ScratchServer, ServerPorts } from '../scratch-server.ts';
import { endProcessesOf } from './own-processes.ts';
import { listenOnAddress } from './scratch-config.ts';
import { scratchProducts } from './scratch-products.ts';
import { startServer } from './server-process.ts';

export interface RunningOptions {
  readonly folder: string;
  readonly home: string;
  readonly product: Product;
  readonly ports: ServerPorts;
  readonly bindDn: string;
  readonly passwordFile: string;
  readonly caFile: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
  readonly readSecret: (file: string) => Promise<Secret>;
  readonly newTaskId: () => string;
}

const answerMilliseconds = 60_000;
/** It is on this machine and ours: one that does not answer any more has ended. */
const patienceMilliseconds = 5000;

/** A server that was set up, and that we start, speak to and stop. */
export class RunningScratchServer implements ScratchServer {
  readonly home: string;
  readonly url: string;
  readonly ports: ServerPorts;
  readonly bindDn: string;
  readonly passwordFile: string;
  readonly caFile: string;
  readonly server: LdapDirectoryServer;
  readonly #options: RunningOptions;
  readonly #session: LdapSession;
  #processId = 0;
  #address = '127.0.0.1';

  constructor(options: RunningOptions) {
    this.#options = options;
    ({ home: this.home, ports: this.ports, bindDn: this.bindDn, passwordFile: this.passwordFile, caFile: this.caFile } = options);
    this.url = `ldaps://127.0.0.1:${options.ports.ldaps}`;
    const session = {
      url: this.url,
      bindDn: this.bindDn,
      readPassword: () => options.readSecret(this.passwordFile),
      readCa: () => readFile(this.caFile, 'utf8'),
      timeoutMilliseconds: answerMilliseconds,
    };
    this.#session = new LdapSession(session);
    this.server = new LdapDirectoryServer({
      ...session,
      clock: options.clock,
      newTaskId: options.newTaskId,
      home: this.home,
      patienceMilliseconds,
    });
  }

  get processId(): number {
    return this.#processId;
  }

  async start(signal: AbortSignal | undefined): Promise<void> {
    const { folder, home, product, ports, clock, environment } = this.#options;
    const [program, ...words] = scratchProducts[product].start;
    this.#processId = await startServer({
      folder,
      words,
      environment,
      clock,
      signal,
      program: path.join(home, 'bin', program),
      outputFile: path.join(folder, 'server.out'),
      address: this.#address === '0.0.0.0' ? '127.0.0.1' : this.#address,
      ports,
    });
  }

  async search({ base, scope, filter, attributes }: EntrySearch, { signal }: OperationContext = {}): Promise<readonly FoundEntry[]> {
    return this.#session.search({ base, scope, filter, attributes }, signal);
  }

  async listenOn(address: string, { signal }: OperationContext = {}): Promise<void> {
    const { home, product } = this.#options;
    await this.stop();
    if (scratchProducts[product].hasEditableConfig) {
      const file = path.join(home, 'config', 'config.ldif');
      await writeFile(file, listenOnAddress(await readFile(file, 'utf8'), address), { mode: 0o600 });
    }
    this.#address = address;
    await this.start(signal);
  }

  async stop(): Promise<void> {
    const { folder, clock } = this.#options;
    await this.disconnect();
    await endProcessesOf(folder, 'gently', clock);
  }

  async disconnect(): Promise<void> {
    await this.#session.close();
    await this.server.close();
  }
}

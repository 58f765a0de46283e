import path from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import { Failure, exitCodes } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { Product } from '../directory-server.ts';
import type { ToolEnd } from '../run-tool.ts';
import { thisMachine, type ToolHost } from '../tool-host.ts';
import { type TrustStore, makeTrustStore } from '../trust-store.ts';
import { administratorRefused } from './assert-administrator.ts';
import { outlastOtherPrograms } from './other-programs.ts';
import { type ReplicationWork, replicationArguments } from './dsreplication-arguments.ts';

export interface DsreplicationOptions {
  /** The server's root folder, as the program's host sees it: its `bin`. */
  readonly home: string | undefined;
  readonly adminUid: string;
  readonly adminPasswordFile: string | undefined;
  /** PEM file of the certificates of every server; without it the program's own default counts. */
  readonly caFile: string | undefined;
  /** Where the program runs; this machine unless told. */
  readonly toolHost?: ToolHost | undefined;
  readonly clock: Clock;
  /** How long to wait for what another run or an operator began and has not ended, or shows no progress of; 10 minutes unless told. */
  readonly patienceMilliseconds?: number | undefined;
}

export const usualPatienceMilliseconds = 600_000;

/** A piece of work, and how a sentence begins that tells its failure: `suspend replication`. */
export interface ReplicationCall {
  readonly attempt: string;
  readonly work: ReplicationWork;
  readonly product: Product;
}

/**
 * The server's own program `bin/dsreplication`. Two of them never run at the same time on this machine; each takes about three seconds, of which
 * most is the start of a JVM (OpenDJ 5.0.3 on two cores), and `initialize` besides what the servers need.
 */
export class DsreplicationProgram {
  readonly #options: DsreplicationOptions;
  #trustStore: Promise<TrustStore> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DsreplicationOptions) {
    this.#options = options;
  }

  /** @throws Failure E_REPLICATION_SETTINGS when it cannot be called as configured */
  assertConfigured(attempt: string): { readonly home: string; readonly adminPasswordFile: string } {
    const { home, adminPasswordFile } = this.#options;
    if (home === undefined) {
      const hint = "set server.home to the server's root folder, as rootcellar sees it";
      throw notConfigured(attempt, "the setting server.home is not set, so the server's program bin/dsreplication is not known", hint);
    }
    if (adminPasswordFile === undefined) {
      const hint = "set it to the file that holds the password of the topology's administrator";
      throw notConfigured(attempt, 'the setting replication.adminPasswordFile is not set', hint);
    }
    return { home, adminPasswordFile };
  }

  /**
   * Runs it to its end. On abort it is told to stop; what it had the servers begin goes on there.
   *
   * @throws Failure E_REPLICATION_TOOL, E_REPLICATION_SETTINGS, E_TOOL_MISSING, E_BIND_REFUSED, E_SERVER_TLS, E_SERVER_UNREACHABLE, E_INTERRUPTED
   */
  async run(call: ReplicationCall, { signal, report }: OperationContext): Promise<void> {
    const { home, adminPasswordFile } = this.assertConfigured(call.attempt);
    const { clock, patienceMilliseconds = usualPatienceMilliseconds, toolHost: host = thisMachine } = this.#options;
    const mine = this.#last.then(async () => {
      // Elsewhere the processes are not seen; there the leases of the base DNs keep two of ours apart.
      if (host === thisMachine)
        await outlastOtherPrograms({ attempt: call.attempt, home, clock, patienceMilliseconds }, { signal, report });
      const trustStore = await this.#trusted();
      const { adminUid } = this.#options;
      const secrets = [adminPasswordFile, ...(trustStore === undefined ? [] : [trustStore.file, trustStore.pinFile])];
      const end = await host.withSecretFiles(secrets, ([passwordFile = '', file, pinFile]) =>
        host.run({
          attempt: call.attempt,
          program: path.join(home, 'bin', 'dsreplication'),
          arguments: replicationArguments(call.work, call.product, {
            adminUid,
            adminPasswordFile: passwordFile,
            trustStore: file === undefined || pinFile === undefined ? undefined : { file, pinFile },
          }),
          signal,
          onLine: (text) => report?.({ kind: 'note', level: 'info', text }),
        }),
      );
      assertSucceeded(call.attempt, end, adminUid);
    });
    this.#last = mine.catch(() => undefined);
    await mine;
  }

  async close(): Promise<void> {
    const store = await this.#trustStore?.catch(() => undefined);
    this.#trustStore = undefined;
    await store?.[Symbol.asyncDispose]();
  }

  async #trusted(): Promise<TrustStore | undefined> {
    const { caFile } = this.#options;
    if (caFile === undefined) return undefined;
    this.#trustStore ??= makeTrustStore(caFile);
    try {
      return await this.#trustStore;
    } catch (error) {
      this.#trustStore = undefined;
      throw error;
    }
  }
}

function notConfigured(attempt: string, state: string, hint: string): Failure {
  return new Failure('E_REPLICATION_SETTINGS', `Cannot ${attempt}: ${state}`, { hint, exitCode: exitCodes.usage });
}

/** What the program says when it could not reach a server or was not let in. */
const troubles = [
  {
    pattern: /invalid credentials|credentials are not valid/i,
    code: 'E_BIND_REFUSED',
    told: administratorRefused,
  },
  {
    pattern: /SSLHandshake|PKIX|CertificateException|certificate/i,
    code: 'E_SERVER_TLS',
    told: () => ({
      state: "the certificate of a server is not trusted by the server's program",
      hint: 'set server.caFile to a PEM file of the certificates that signed those of all servers, on their administration ports too',
    }),
  },
  {
    pattern: /could not connect|connection refused|ConnectException|UnknownHost|connect error|timed out/i,
    code: 'E_SERVER_UNREACHABLE',
    told: () => ({
      state: 'a server cannot be reached',
      hint: 'see that every server of the topology runs, and that this machine reaches the addresses by which they know each other',
    }),
  },
] as const;

function assertSucceeded(attempt: string, { exitCode, lines }: ToolEnd, adminUid: string): void {
  if (exitCode === 0) return;
  const words = lastWords(lines);
  const trouble = troubles.find(({ pattern }) => pattern.test(words));
  const facts = { exitCode };
  if (trouble !== undefined) {
    const { state, hint } = trouble.told(adminUid);
    const cause = new Error(words);
    throw new Failure(trouble.code, `Cannot ${attempt}: ${state}`, { hint, facts, cause });
  }
  throw new Failure('E_REPLICATION_TOOL', `Cannot ${attempt}: bin/dsreplication ended with exit code ${exitCode} and says "${words}"`, {
    hint: "see the program's log in the server's tmp or logs/tools folder and the servers' logs/errors",
    facts,
  });
}

function lastWords(lines: readonly string[]): string {
  const words = lines.slice(-6).join(' ').replaceAll(/\s+/g, ' ');
  return words.replace(/[.\s]+$/, '') || 'nothing';
}

import type { Socket } from 'node:net';
import { Attribute, Change, Client, type Control, type Entry, ResultCodeError } from 'ldapts';
import { Failure, interrupted, isFailure, messageOf } from '../foundation/failure.ts';
import type { Secret } from '../foundation/secret.ts';
import { decodeBer } from './ber.ts';
import { type LdapAddress, dial, unreachable } from './ldap-dial.ts';

export interface LdapAccount {
  readonly bindDn: string;
  /** Read anew at each bind, so that a rotated password is taken up. */
  readonly readPassword: () => Promise<Secret>;
}

export interface LdapSessionOptions extends LdapAccount, Omit<LdapAddress, 'caPem' | 'connectTimeoutMilliseconds'> {
  /** Reads the PEM file of the trusted certificates; called at each connection. */
  readonly readCa?: (() => Promise<string>) | undefined;
  /** Limit of a connection and of each single answer. */
  readonly timeoutMilliseconds: number;
}

/** Those too that searches hide: subentries come when a filter speaks of their class. */
export const everyEntry = '(|(objectClass=*)(objectClass=ldapSubentry))';

export const resultCodes = {
  unavailableCriticalExtension: 12,
  noSuchAttribute: 16,
  noSuchObject: 32,
  invalidCredentials: 49,
  insufficientAccess: 50,
  busy: 51,
  unwilling: 53,
  noOperation: 16_654,
} as const;

/** One level of the tree or the entry alone; attributes by their names in lower case, each with all its values. */
export interface SearchRequest {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter?: string | undefined;
  readonly attributes: readonly string[];
}

export interface PagedRequest {
  readonly entriesOfPage: number;
  readonly controls: readonly Control[];
}

/** An entry with its values as they came. */
export interface RawEntry {
  readonly dn: string;
  readonly attributes: readonly (readonly [string, readonly Buffer[]])[];
}

export interface LdapEntry {
  readonly dn: string;
  /** The values of an attribute; none where the entry has it not or the account may not see it. */
  values(attribute: string): readonly string[];
  /** Every attribute that was found, by its name as the server writes it. */
  readonly all: readonly (readonly [string, readonly string[]])[];
  /** The first of them. */
  value(attribute: string): string | undefined;
}

/**
 * A bound connection that is made when first needed, and made again by the next call after it broke.
 *
 * Calls reject with a Failure: E_SERVER_UNREACHABLE, E_SERVER_TLS, E_BIND_REFUSED, E_PRIVILEGE_MISSING, E_INTERRUPTED; any other
 * refusal of the server is the `ResultCodeError` of ldapts, for the caller who knows what it means there.
 */
export class LdapSession {
  readonly #options: LdapSessionOptions;
  #connection: Promise<Client> | undefined;

  constructor(options: LdapSessionOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  get bindDn(): string {
    return this.#options.bindDn;
  }

  /** Resolves with the entries found; with none when the base is absent. */
  async search(request: SearchRequest, signal?: AbortSignal): Promise<readonly LdapEntry[]> {
    return this.#call(`read ${request.base === '' ? 'the root DSE' : request.base}`, signal, async (client) => {
      try {
        const { base, scope, attributes } = request;
        const filter = request.filter ?? '(objectClass=*)';
        const search = () => client.search(base, { scope, filter, attributes: [...attributes] });
        const { searchEntries } = await patiently(search);
        return searchEntries.map((entry) => wrapEntry(entry));
      } catch (error) {
        if (hasResult(error, resultCodes.noSuchObject)) return [];
        throw error;
      }
    });
  }

  /**
   * As {@link search}, page by page, each value as its bytes; rejects when the base is absent. Memory holds one page. A connection that breaks in between is not
   * made again, as the server forgets where it was.
   */
  async *searchPages(request: SearchRequest & PagedRequest, signal?: AbortSignal): AsyncGenerator<readonly RawEntry[], void, void> {
    const { base, scope, attributes, filter = '(objectClass=*)', entriesOfPage, controls } = request;
    const paged = { pageSize: entriesOfPage };
    const search = { scope, filter, attributes: [...attributes], paged, explicitBufferAttributes: new EveryName() };
    const pages = await this.#call(`read ${base}`, signal, async (client) => client.searchPaginated(base, search, [...controls]));
    for (;;) {
      const page = await this.#call(`read ${base}`, signal, () => pages.next());
      if (page.done === true) return;
      yield page.value.searchEntries.map((entry) => rawEntry(entry));
    }
  }

  /** The entry itself with all its attributes, as {@link searchPages} has them; undefined where the account may not see it. Rejects when it is absent. */
  async readRaw(dn: string, controls: readonly Control[], signal?: AbortSignal): Promise<RawEntry | undefined> {
    const search = { scope: 'base' as const, filter: everyEntry, attributes: ['*', '+'], explicitBufferAttributes: new EveryName() };
    const { searchEntries } = await this.#call(`read ${dn}`, signal, (client) => client.search(dn, search, [...controls]));
    const [entry] = searchEntries;
    return entry === undefined ? undefined : rawEntry(entry);
  }

  /** The socket of a new connection that is bound as this one; the caller speaks over it and ends it. */
  async newSocket(signal?: AbortSignal): Promise<Socket> {
    return (await this.#dialAndBind(signal)).socket;
  }

  get timeoutMilliseconds(): number {
    return this.#options.timeoutMilliseconds;
  }

  async add(
    dn: string,
    attributes: Readonly<Record<string, string | readonly string[]>>,
    signal?: AbortSignal,
    control?: Control,
  ): Promise<void> {
    const values = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
    );
    await this.#call(`add ${dn}`, signal, (client) => client.add(dn, values, control));
  }

  async replace(dn: string, attribute: string, value: string, signal?: AbortSignal): Promise<void> {
    const change = new Change({ operation: 'replace', modification: new Attribute({ type: attribute, values: [value] }) });
    await this.#call(`change ${dn}`, signal, (client) => client.modify(dn, change));
  }

  /**
   * Whether the server denies the account a control, asked by a change that is not made, as `controls` keep it from that. False also where the account may not change the
   * entry at all, which the server tells first.
   */
  async isDeniedControl(dn: string, controls: readonly Control[], signal?: AbortSignal): Promise<boolean> {
    const change = new Change({ operation: 'add', modification: new Attribute({ type: 'description', values: ['x'] }) });
    try {
      await this.#call(`ask for a control on ${dn}`, signal, (client) => client.modify(dn, change, [...controls]));
      return false;
    } catch (error) {
      if (isFailure(error, 'E_PRIVILEGE_MISSING')) return false;
      if (error instanceof ResultCodeError)
        return error.code === resultCodes.unavailableCriticalExtension && /access rights/i.test(error.message);
      throw error;
    }
  }

  /** Whether the account may compare this attribute of the entry at all: tells an absent value from one it may not see. */
  async mayCompare(dn: string, attribute: string, value: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#call(`compare ${attribute} of ${dn}`, signal, (client) => client.compare(dn, attribute, value));
      return true;
    } catch (error) {
      if (hasResult(error, resultCodes.noSuchAttribute)) return true;
      if (error instanceof ResultCodeError || isFailure(error, 'E_PRIVILEGE_MISSING')) return false;
      throw error;
    }
  }

  /** The DN the server knows the account by (RFC 4532), which may differ from the one it binds with. */
  async whoAmI(signal?: AbortSignal): Promise<string> {
    return this.#call('ask who is bound', signal, async (client) => {
      const { value } = await client.exop('1.3.6.1.4.1.4203.1.11.3');
      return (value ?? '').replace(/^dn:\s*/i, '') || this.#options.bindDn;
    });
  }

  /**
   * The value of an extended operation's answer, byte for byte; undefined where it has none. It has a connection of its own: ldapts reads such a value as
   * text, in which bytes are lost, so it is taken from what came in.
   */
  async extended(oid: string, value: Buffer, signal?: AbortSignal): Promise<Buffer | undefined> {
    const attempt = `ask for the operation ${oid}`;
    const { client, socket } = await this.#dialAndBind(signal);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    try {
      await client.exop(oid, value);
      return extendedValueIn(Buffer.concat(received));
    } catch (error) {
      if (hasResult(error, resultCodes.insufficientAccess)) throw privilegeMissing(attempt, error);
      if (error instanceof ResultCodeError && !saysGoodbye(error)) throw error;
      throw unreachable(`Cannot ${attempt} on ${this.url}: ${brokenBecause(error)}`, error);
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    const client = await connection?.catch(() => undefined);
    await client?.unbind().catch(() => undefined);
  }

  async #call<Result>(attempt: string, signal: AbortSignal | undefined, work: (client: Client) => Promise<Result>): Promise<Result> {
    if (signal?.aborted === true) throw interrupted(`The attempt to ${attempt}`);
    const client = await this.#connected(signal);
    try {
      return await work(client);
    } catch (error) {
      if (hasResult(error, resultCodes.insufficientAccess)) throw privilegeMissing(attempt, error);
      if (error instanceof ResultCodeError && !saysGoodbye(error)) throw error;
      await this.close();
      throw unreachable(`Cannot ${attempt} on ${this.url}: ${brokenBecause(error)}`, error);
    }
  }

  async #connected(signal: AbortSignal | undefined): Promise<Client> {
    const present = await this.#connection?.catch(() => undefined);
    // Once its connection is lost, a client of ldapts would make another one that is not bound.
    if (present?.isBound === true) return present;
    const connection = this.#connect(signal);
    this.#connection = connection;
    return connection;
  }

  async #connect(signal: AbortSignal | undefined): Promise<Client> {
    return (await this.#dialAndBind(signal)).client;
  }

  async #dialAndBind(signal: AbortSignal | undefined): Promise<{ readonly client: Client; readonly socket: Socket }> {
    const { readCa, timeoutMilliseconds, bindDn, readPassword, ...address } = this.#options;
    const [caPem, password] = await Promise.all([readCa?.(), readPassword()]);
    const socket = await dial({ ...address, caPem, connectTimeoutMilliseconds: timeoutMilliseconds }, signal);
    const client = clientOver(socket, timeoutMilliseconds);
    try {
      await client.bind(bindDn, password.reveal());
      return { client, socket };
    } catch (error) {
      socket.destroy();
      throw this.#bindFailure(error);
    }
  }

  #bindFailure(error: unknown): Failure {
    const attempt = `Cannot bind to ${this.url} as "${this.#options.bindDn}"`;
    if (hasResult(error, resultCodes.invalidCredentials)) {
      const hint = 'see that server.bindDn names the account and that server.bindPasswordFile holds its password';
      return new Failure('E_BIND_REFUSED', `${attempt}: the server knows no such account with this password`, { hint, cause: error });
    }
    if (error instanceof ResultCodeError) {
      if (saysGoodbye(error)) return unreachable(`${attempt}: ${textOf(error)}`, error);
      const hint = "see the server's access log, and that the account is not locked or expired";
      return new Failure('E_BIND_REFUSED', `${attempt}: ${textOf(error)}`, { hint, cause: error });
    }
    return unreachable(`${attempt}: ${brokenBecause(error)}`, error);
  }
}

/** A client that lives exactly as long as `socket`, which is connected (and secured) already. */
function clientOver(socket: Socket, timeout: number): Client {
  let isTaken = false;
  return new Client({
    url: 'ldap://established',
    timeout,
    createConnection: () => {
      if (isTaken) throw new Error('the connection was lost');
      isTaken = true;
      return socket;
    },
  });
}

/** LDAPMessage { id, ExtendedResponse [APPLICATION 24] { …, responseValue [11] } } (RFC 4511, 4.12). */
function extendedValueIn(received: Buffer): Buffer | undefined {
  for (const message of decodeBer(received).elements) {
    const [, response] = decodeBer(message.content).elements;
    if (response?.tag !== 0x78) continue;
    return decodeBer(response.content).elements.find(({ tag }) => tag === 0x8b)?.content;
  }
  return undefined;
}

/** Tells whether the server refused with this result code. */
export function hasResult(error: unknown, code: number): error is ResultCodeError {
  return error instanceof ResultCodeError && error.code === code;
}

/** The server's words, without what ldapts adds to them. */
export function textOf(error: Error): string {
  return error.message.replace(/\s*Code: 0x[0-9a-f]+$/i, '').replace(/\.$/, '');
}

const busy = 51;
const unavailable = 52;

/** A server that goes down or comes up answers so. */
function saysGoodbye(error: ResultCodeError): boolean {
  return error.code === busy || error.code === unavailable;
}

function brokenBecause(error: unknown): string {
  const message = messageOf(error);
  if (/timed out/.test(message)) return 'no answer in time';
  if (/closed|lost|Socket error/.test(message)) return 'the connection was lost';
  return message.split('\n')[0] ?? message;
}

function privilegeMissing(attempt: string, error: ResultCodeError): Failure {
  return new Failure('E_PRIVILEGE_MISSING', `Cannot ${attempt}: ${textOf(error)}`, {
    hint: 'give the account what docs/guide/least-privilege-account.md lists',
    cause: error,
  });
}

const busyAttempts = 5;

/**
 * Asks again while the server is busy: OpenDJ says so of a task's entry that it could not lock, after trying for seconds by itself
 * (seen while it cancels a task), so no pause of ours is needed.
 */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!hasResult(error, resultCodes.busy) || attempt >= busyAttempts) throw error;
    }
  }
}

/** By this list ldapts decides which attributes it gives as bytes rather than as text; it has no other way to ask for all. */
class EveryName extends Array<string> {
  override includes(): boolean {
    return true;
  }
}

function rawEntry({ dn, ...attributes }: Entry): RawEntry {
  const bytesOf = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'utf8'));
  return { dn, attributes: Object.entries(attributes).map(([name, value]) => [name, [value].flat().map(bytesOf)] as const) };
}

function wrapEntry(entry: Entry): LdapEntry {
  const all = Object.entries(entry)
    .filter(([name]) => name !== 'dn')
    .map(([name, value]) => [name, [value].flat().map(String)] as const);
  const attributes = new Map(all.map(([name, found]) => [name.toLowerCase(), found]));
  const values = (attribute: string): readonly string[] => attributes.get(attribute.toLowerCase()) ?? [];
  return { dn: entry.dn, all, values, value: (attribute) => values(attribute)[0] };
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { exitCodes, Failure, messageOf } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { roles, type Role } from './command-gate.ts';

/** By role; undefined where the setting is not set. */
export type TokenFiles = Readonly<Record<Role, string | undefined>>;

const leastCharacters = 16;

interface KnownTokens {
  /** What the file looked like when it was read. */
  readonly stamp: string;
  /** SHA-256 of each token: what is compared has one length, and the tokens themselves are not kept. */
  readonly digests: readonly Buffer[];
}

/** The tokens of the API. A file that changed is read anew before the next request is answered; one that is gone lets nobody in. */
export class Tokens {
  readonly #files: TokenFiles;
  readonly #log: Logger;
  readonly #known = new Map<Role, KnownTokens>();

  private constructor(files: TokenFiles, log: Logger) {
    this.#files = files;
    this.#log = log;
  }

  /** @throws Failure E_AGENT_TOKEN_FILE (exit code 2) when a file cannot be read, has no token, or one that is too short */
  static async read(files: TokenFiles, log: Logger): Promise<Tokens> {
    const tokens = new Tokens(files, log);
    for (const role of roles) {
      const file = files[role];
      if (file !== undefined) tokens.#known.set(role, await readTokens(file, role));
    }
    return tokens;
  }

  /** Whether any token file is set. */
  get isSet(): boolean {
    return roles.some((role) => this.#files[role] !== undefined);
  }

  /** The highest role that `token` has; undefined where nobody gave it. Takes as long for a wrong one as for a right one. */
  roleOf(token: string): Promise<Role | undefined> {
    return this.roleOfDigest(digestOf(token));
  }

  /** As {@link roleOf}, by what {@link digestOf} made of the token. */
  async roleOfDigest(digest: Buffer): Promise<Role | undefined> {
    let found: Role | undefined;
    for (const role of roles) {
      for (const known of await this.#digests(role)) if (timingSafeEqual(known, digest)) found = role;
    }
    return found;
  }

  async #digests(role: Role): Promise<readonly Buffer[]> {
    const file = this.#files[role];
    if (file === undefined) return [];
    const known = this.#known.get(role);
    const stamp = await stampOf(file).catch(() => 'gone');
    if (known?.stamp === stamp) return known.digests;
    try {
      const tokens = await readTokens(file, role);
      this.#known.set(role, tokens);
      this.#log.info({ role }, 'tokens read anew');
      return tokens.digests;
    } catch (error) {
      // Whoever took the tokens away wants them to be refused; what is told is told once for each state of the file.
      this.#known.set(role, { stamp, digests: [] });
      this.#log.warn({ role, err: error }, 'no token of this role is accepted');
      return [];
    }
  }
}

async function readTokens(file: string, role: Role): Promise<KnownTokens> {
  const refused = (state: string, cause?: unknown): Failure =>
    new Failure('E_AGENT_TOKEN_FILE', `Cannot read the file ${file} of the setting agent.tokens.${role}File: ${state}`, {
      exitCode: exitCodes.usage,
      cause,
      hint: 'write one token a line into it, for example what "openssl rand -base64 32" prints',
    });
  let text: string;
  let stamp: string;
  try {
    // First: a file that changes in between is read once more, not once too little.
    stamp = await stampOf(file);
    text = await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refused(isMissing ? 'there is no such file' : messageOf(error), error);
  }
  const tokens = tokensIn(text);
  if (tokens.length === 0) throw refused('there is no token in it');
  if (tokens.some((token) => token.length < leastCharacters)) throw refused(`a token in it has fewer than ${leastCharacters} characters`);
  return { stamp, digests: tokens.map(digestOf) };
}

/** The tokens of such a file, one a line; empty lines and those that begin with `#` are none. */
export function tokensIn(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Changes when the file does, also where a link to it is turned to another one, as Kubernetes does it. */
async function stampOf(file: string): Promise<string> {
  const { mtimeNs, ctimeNs, size, ino } = await stat(file, { bigint: true });
  return [mtimeNs, ctimeNs, size, ino].join(' ');
}

/** What is kept of a token that somebody signed in with: its SHA-256. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

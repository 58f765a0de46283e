import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../../foundation/clock.ts';

/** What has to be known when somebody comes back from the OpenID provider. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly codeVerifier: string;
  readonly redirectUrl: string;
  readonly returnTo: string;
}

interface Kept {
  readonly pending: PendingSignIn;
  /** Hash of what the cookie of the browser has. */
  readonly browser: string;
  readonly beganAt: number;
}

export const pendingSeconds = 600;
const mostPending = 1000;

/** Who is away at the OpenID provider: known by the state, once, for ten minutes, and only to the browser that went there. */
export class PendingSignIns {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns what is to be kept, and the secret for the browser's cookie. */
  begin({ redirectUrl, returnTo }: Pick<PendingSignIn, 'redirectUrl' | 'returnTo'>): {
    readonly pending: PendingSignIn;
    readonly browser: string;
  } {
    const [state, nonce, codeVerifier, browser] = [newSecret(), newSecret(), newSecret(), newSecret()];
    const pending = { state, nonce, codeVerifier, redirectUrl, returnTo };
    const beganAt = this.#clock.now().getTime();
    this.#kept.set(state, { pending, browser: hashOf(browser), beganAt });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostPending) break;
      this.#kept.delete(oldest);
    }
    return { pending, browser };
  }

  /** What belongs to `state`, which is forgotten by that; undefined where nothing does, it is too long ago, or it is another browser that comes back. */
  take(state: string, browser: string | undefined): PendingSignIn | undefined {
    const kept = this.#kept.get(state);
    if (kept === undefined || browser === undefined || kept.browser !== hashOf(browser)) return undefined;
    this.#kept.delete(state);
    const age = this.#clock.now().getTime() - kept.beganAt;
    return age >= 0 && age < pendingSeconds * 1000 ? kept.pending : undefined;
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

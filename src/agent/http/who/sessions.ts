import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../../foundation/clock.ts';
import type { Role } from '../command-gate.ts';

/** Milliseconds. */
export interface SessionLimits {
  /** It ends when it was not used for so long. */
  readonly idle: number;
  /** It ends after so long, however much it is used. */
  readonly most: number;
}

/** By what somebody signed in: by a token, of which only its SHA-256 is kept, or as a person whom the OpenID provider knows. */
export type SignedInBy =
  | { readonly kind: 'token'; readonly digest: Buffer }
  | { readonly kind: 'person'; readonly subject: string; readonly name: string; readonly role: Role };

export interface Session {
  readonly by: SignedInBy;
  readonly csrfToken: string;
  readonly beganAt: number;
  readonly usedAt: number;
}

const mostSessions = 1000;
const mostOfOne = 20;
/** Clocks are set right by a little now and then; one that went back by more would let sessions live on. */
const mostBack = 60_000;

/** Who is signed in, by the ID in the cookie. In memory alone, and of the IDs only their hashes: an agent that starts anew knows nobody. */
export class Sessions {
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  /** By the hash of the ID; the one used last at the end. */
  readonly #sessions = new Map<string, Session>();

  constructor(clock: Clock, limits: SessionLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Begins a session, always of a new ID, which is returned for the cookie. Of somebody's more than 20, and of all beyond 1000, those unused for longest end. */
  begin(by: SignedInBy): { readonly id: string; readonly session: Session } {
    const id = randomBytes(32).toString('base64url');
    const now = this.#clock.now().getTime();
    const session = { by, csrfToken: randomBytes(32).toString('base64url'), beganAt: now, usedAt: now };
    this.#dropEnded(now);
    const own = [...this.#sessions].filter(([, other]) => ownerOf(other.by) === ownerOf(by));
    for (const [key] of own.slice(0, Math.max(0, own.length + 1 - mostOfOne))) this.#sessions.delete(key);
    for (const key of this.#sessions.keys()) {
      if (this.#sessions.size < mostSessions) break;
      this.#sessions.delete(key);
    }
    this.#sessions.set(keyOf(id), session);
    return { id, session };
  }

  /** The session of `id`, which with `isUse` counts as used now; undefined where there is none or it has ended. */
  find(id: string, { isUse }: { readonly isUse: boolean }): Session | undefined {
    const key = keyOf(id);
    const session = this.#sessions.get(key);
    if (session === undefined) return undefined;
    const now = this.#clock.now().getTime();
    if (this.#hasEnded(session, now)) {
      this.#sessions.delete(key);
      return undefined;
    }
    if (!isUse) return session;
    const used = { ...session, usedAt: Math.max(now, session.usedAt) };
    this.#sessions.delete(key);
    this.#sessions.set(key, used);
    return used;
  }

  end(id: string): void {
    this.#sessions.delete(keyOf(id));
  }

  /** Milliseconds since 1970 at which it ends unless it is used. */
  endOf({ beganAt, usedAt }: Session): number {
    return Math.min(beganAt + this.#limits.most, usedAt + this.#limits.idle);
  }

  #hasEnded(session: Session, now: number): boolean {
    return now >= this.endOf(session) || session.usedAt - now > mostBack;
  }

  #dropEnded(now: number): void {
    for (const [key, session] of this.#sessions) if (this.#hasEnded(session, now)) this.#sessions.delete(key);
  }
}

function ownerOf(by: SignedInBy): string {
  return by.kind === 'token' ? `token ${by.digest.toString('hex')}` : `person ${by.subject}`;
}

function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

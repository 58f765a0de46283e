import type { Role } from '../command-gate.ts';

/** `token`: it shows one with each request · `session`: signed in with a token · `oidc`: signed in at the OpenID provider · `anonymous`: nobody asked. */
export const waysIn = ['token', 'session', 'oidc', 'anonymous'] as const;

/** Who asks. */
export interface Who {
  /** Of a person, as the OpenID provider tells it; of a token, its role. */
  readonly name: string;
  readonly role: Role;
  readonly via: (typeof waysIn)[number];
}

/** Who asks, and what a page must show to change anything. */
export interface Caller {
  readonly who: Who;
  /** Undefined for those who show a token with each request: no page can make a browser do that. */
  readonly csrfToken?: string;
  /** RFC 3339, UTC: when the session ends unless it is used. */
  readonly expiresAt?: string;
}

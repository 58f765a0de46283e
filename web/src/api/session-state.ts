import { signal } from '@preact/signals';

export type Role = 'viewer' | 'operator' | 'restorer';

/** `GET /api/v1/session`. */
export interface Session {
  readonly isSignedIn: boolean;
  readonly name?: string;
  readonly role?: Role;
  readonly via?: 'anonymous' | 'token' | 'session' | 'oidc';
  readonly expiresAt?: string;
  readonly csrfToken?: string;
  readonly waysToSignIn: readonly ('token' | 'oidc')[];
  readonly oidcTitle?: string;
  readonly agent?: string;
  readonly group?: string;
  readonly version?: string;
}

/** Who looks; undefined until the agent has said it. */
export const session = signal<Session | undefined>(undefined);

const order: readonly Role[] = ['viewer', 'operator', 'restorer'];

/** Tells whether who is signed in may what needs `role`. */
export function may(role: Role): boolean {
  const own = session.value?.role;
  return own !== undefined && order.indexOf(own) >= order.indexOf(role);
}

export function csrfToken(): string | undefined {
  return session.peek()?.csrfToken;
}

/** The session has ended: what is shown next is how to sign in. */
export function forgetSession(): void {
  const now = session.peek();
  if (now?.isSignedIn === true)
    session.value = {
      isSignedIn: false,
      waysToSignIn: now.waysToSignIn,
      ...(now.oidcTitle === undefined ? {} : { oidcTitle: now.oidcTitle }),
    };
}

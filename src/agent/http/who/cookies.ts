/** The value of the cookie `name` of a request's `Cookie` header; of several, the first. */
export function cookieOf(header: string | null, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [key = '', value] = pair.trim().split(/=(.*)/s);
    if (key === name && value !== undefined && /^[A-Za-z0-9_-]{1,128}$/.test(value)) return value;
  }
  return undefined;
}

export interface CookieOptions {
  /** `Lax` is sent along when another site leads here, which the way back from an OpenID provider is. */
  readonly sameSite: 'Strict' | 'Lax';
  /** Without it the cookie goes with the browser. */
  readonly seconds?: number;
}

/** A `Set-Cookie` of a name that begins with `__Host-`: for this host alone, by TLS or on loopback, and out of reach of scripts. */
export function cookieHeader(name: `__Host-${string}`, value: string, { sameSite, seconds }: CookieOptions): string {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${sameSite}${age}`;
}

import type { Config } from '../../../config/schema.ts';
import { roles, type Role } from '../command-gate.ts';

type OidcSettings = Pick<Config['agent']['oidc'], 'rolesClaim' | 'roles' | 'nameClaim'>;
type Claims = Readonly<Record<string, unknown>>;

const mostNameCharacters = 100;

/** Whether the claims tell all that is looked for; where not, the provider may tell more of it at another place. */
export function isTold(claims: Claims, { rolesClaim, nameClaim }: OidcSettings): boolean {
  return claimOf(claims, rolesClaim) !== undefined && claimOf(claims, nameClaim) !== undefined;
}

/** The highest role that the claims give; undefined where they give none. */
export function roleOfClaims(claims: Claims, { rolesClaim, roles: valuesOfRoles }: OidcSettings): Role | undefined {
  const told = claimOf(claims, rolesClaim);
  const values = new Set((Array.isArray(told) ? told : [told]).filter((value) => typeof value === 'string'));
  return roles.findLast((role) => valuesOfRoles[role]?.some((value) => value === '*' || values.has(value)));
}

/** What to call a person, in one line: the claim of the settings, or the mail address, or else the subject, which is always there. */
export function nameOfClaims(claims: Claims, { nameClaim }: OidcSettings): string {
  for (const name of [nameClaim, 'email', 'sub']) {
    const told = claimOf(claims, name);
    const text = typeof told === 'string' ? told.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim() : '';
    if (text !== '') return text.slice(0, mostNameCharacters).toWellFormed();
  }
  return 'unknown';
}

/** A claim whose name is `name`; otherwise, with dots in it, one inside another. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Claims)[part];
  }
  return value;
}

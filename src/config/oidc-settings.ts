import { z } from 'zod';
import { names, path, text, textOrDefault } from './setting-kinds.ts';

/** Groups may have any name: also one with spaces, or a DN. */
const anyName = /^[^\p{Cc}]{1,500}$/u;

function valuesOf(role: string, may: string) {
  return names(
    {
      description: `values of the claim by which a person may ${may} (${role}); * is any`,
      expected: 'a list of values; one that has a comma can stand in a file only',
      example: `backup-${role}s`,
      placeholder: 'VALUE,…',
    },
    anyName,
  );
}

/** Where people sign in to the console by OpenID Connect. */
export const oidcSettings = z.strictObject({
  issuer: text(
    {
      description: 'the OpenID provider at which people sign in, as it names itself; http:// on a loopback address only',
      expected: 'an https:// address without a user, a query or a fragment',
      example: 'https://id.example.com/realms/staff',
      placeholder: 'URL',
    },
    /^(https:\/\/[^\s@/?#]+|http:\/\/(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?)(\/[^\s?#]*)?$/i,
  ),
  clientId: text({ description: 'by which the provider knows this agent', example: 'rootcellar' }),
  clientSecretFile: path({
    description: 'file that holds the secret of that client; without it the client is a public one, with PKCE alone',
    example: '/run/secrets/rootcellar/oidc-secret',
    isSecretFile: true,
  }),
  redirectUrl: text(
    {
      description: 'to where the provider sends people back; otherwise /sign-in/oidc/callback at the address that they asked',
      expected: 'an http:// or https:// address that ends in /sign-in/oidc/callback',
      example: 'https://backups.example.com/sign-in/oidc/callback',
      placeholder: 'URL',
    },
    /^https?:\/\/[^\s@/?#]+\/sign-in\/oidc\/callback$/i,
  ),
  scopes: names({ description: 'what is asked for at the provider; openid,profile,email unless told', example: 'openid,profile,groups' }),
  rolesClaim: textOrDefault(
    'groups',
    {
      description: "the claim that tells a person's groups; of one inside another, the names with dots between",
      expected: 'the name of a claim',
      example: 'realm_access.roles',
      placeholder: 'CLAIM',
    },
    /^\S{1,200}$/,
  ),
  roles: z
    .strictObject({
      viewer: valuesOf('viewer', 'look'),
      operator: valuesOf('operator', 'also make backups, verify, forget and prune'),
      restorer: valuesOf('restorer', 'also restore, and read what is in the directory'),
    })
    .prefault({}),
  nameClaim: textOrDefault(
    'preferred_username',
    {
      description: 'the claim by which runs and the audit log name a person; email, then sub, where it is missing',
      expected: 'the name of a claim',
      example: 'email',
      placeholder: 'CLAIM',
    },
    /^\S{1,200}$/,
  ),
  caFile: path({
    description: 'PEM file of the certificates to trust for the provider, beside the usual ones',
    example: '/etc/ssl/private-ca.pem',
  }),
  title: text({ description: 'what the console calls the provider; otherwise its host', example: 'Staff account' }),
});

import { z } from 'zod';
import { boolean, choice, duration, names, path, text, textOrDefault } from './setting-kinds.ts';

const ldapAddress = /^ldaps?:\/\/[^\s@/?#,]+\/?$/i;

/** The directory server, and how to speak to it. */
export const serverSettings = z.strictObject({
  url: text(
    {
      description: 'address of the directory server',
      expected: `an ldaps:// or ldap:// address without a user or password inside`,
      example: 'ldaps://localhost:1636',
      placeholder: 'URL',
    },
    ldapAddress,
  ),
  name: text(
    {
      description: "name to keep this server's backups under; otherwise its own instance name or its host name",
      expected: 'a name of letters, digits, dots, dashes and underscores',
      example: 'pingdirectory-0',
      placeholder: 'NAME',
    },
    /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/,
  ),
  via: choice(['ldap', 'tools'], 'ldap', { description: "how to have it work: tasks over LDAP, or the server's own programs" }),
  mode: choice(['online', 'offline'], 'online', {
    description: 'with tools only: have the running server do the work, or work on the files of a stopped one',
  }),
  home: path({
    description:
      "the server's root folder, as rootcellar sees it, or with kubernetes.pod as that pod sees it; needed with tools and to export encryption settings",
    example: '/opt/out/instance',
  }),
  bindDn: text({
    description: 'DN of the account to bind as',
    expected: 'a DN',
    example: 'cn=backup,cn=Root DNs,cn=config',
    placeholder: 'DN',
  }),
  bindPasswordFile: path({
    description: "file that holds the account's password",
    example: '/run/secrets/bind-password',
    isSecretFile: true,
  }),
  caFile: path({ description: 'PEM file of the certificates to trust for the directory server', example: '/etc/ssl/directory-ca.pem' }),
  startTls: boolean(false, { description: 'on an ldap:// address, ask for TLS before anything else is said' }),
  allowPlaintext: boolean(false, { description: 'send the password over an ldap:// address without TLS; for tests only' }),
  encryptionPinFile: path({
    description: "file that holds the passphrase to seal PingDirectory's exported encryption settings with",
    example: '/run/secrets/encryption-pin',
    isSecretFile: true,
  }),
  timeout: duration('30s', { description: 'how long to wait for a connection or an answer of the server', example: '10s' }),
});

/** The topology that it is part of. */
export const replicationSettings = z.strictObject({
  adminUid: textOrDefault(
    'admin',
    {
      description: 'user ID of the administrator whom all servers of a replicated topology know',
      expected: 'a user ID',
      placeholder: 'UID',
    },
    /^[^\s,=\p{Cc}]+$/u,
  ),
  adminPasswordFile: path({
    description: "file that holds this administrator's password; needed to suspend, resume and initialise replicas",
    example: '/run/secrets/admin-password',
    isSecretFile: true,
  }),
  servers: names(
    {
      description: 'addresses of all replicas; otherwise those by which the servers know each other',
      expected: `a list of ldaps:// or ldap:// addresses without a user or password inside`,
      example: 'ldaps://ds-0.ds:1636,ldaps://ds-1.ds:1636',
      placeholder: 'URL,…',
    },
    ldapAddress,
  ),
});

import type { Product } from './directory-server.ts';

/** What differs between the products of the family, as data. Sources: the vendor's LDAP SDK, OpenDJ's own code and answers. */
export interface ProductDialect {
  readonly product: Product;
  /** The Java package of the server's task classes. */
  readonly taskPackage: string;
  /** How it spells the values of boolean attributes. */
  readonly yes: string;
  readonly no: string;
  /** Whether a task may be asked to limit its rate. */
  readonly limitsRate: boolean;
  /** Whether encryption can be on by default, so that `false` must be said. */
  readonly encryptsByDefault: boolean;
  readonly hasEncryptionSettings: boolean;
  /**
   * Backends whose backup the server can make, beside those with users' entries. OpenDJ 5.0.3 answers tool-261 or tool-278 for all
   * others (tried); PingDirectory's manual names these.
   */
  readonly ownBackendsWithBackup: readonly string[];
  /** Milliseconds that a replication server keeps changes for unless it is set. */
  readonly defaultPurgeDelay: number;
  /** The ID the monitor gives the configuration's backend. */
  readonly configBackend: string;
}

export const productDialects: Readonly<Record<Product, ProductDialect>> = {
  PingDirectory: {
    product: 'PingDirectory',
    taskPackage: 'com.unboundid.directory.server.tasks',
    yes: 'true',
    no: 'false',
    limitsRate: true,
    encryptsByDefault: true,
    hasEncryptionSettings: true,
    ownBackendsWithBackup: [
      'ads-truststore',
      'alarms',
      'alerts',
      'changelog',
      'config',
      'encryption-settings',
      'replicationChanges',
      'schema',
      'tasks',
    ],
    defaultPurgeDelay: 86_400_000,
    configBackend: 'config',
  },
  OpenDJ: {
    product: 'OpenDJ',
    taskPackage: 'org.opends.server.tasks',
    yes: 'TRUE',
    no: 'FALSE',
    limitsRate: false,
    encryptsByDefault: false,
    hasEncryptionSettings: false,
    ownBackendsWithBackup: ['schema', 'tasks'],
    defaultPurgeDelay: 3 * 86_400_000,
    configBackend: '__config.ldif__',
  },
};

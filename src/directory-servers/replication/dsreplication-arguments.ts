import type { Product } from '../directory-server.ts';
import type { Replica } from '../topology.ts';

type Address = Replica['administration'];

/** A piece of work for `dsreplication`. */
export type ReplicationWork =
  | { readonly kind: 'suspend' | 'resume' | 'initialize-all'; readonly at: Address; readonly baseDns: readonly string[] }
  | { readonly kind: 'initialize'; readonly from: Address; readonly to: Address; readonly baseDns: readonly string[] };

/** Who asks; nothing here is a secret, all are names of files. */
export interface ReplicationAccount {
  readonly adminUid: string;
  readonly adminPasswordFile: string;
  /** A Java key store with the trusted certificates, and the file with its passphrase; without it the program's own default counts. */
  readonly trustStore?: { readonly file: string; readonly pinFile: string } | undefined;
}

const subcommands = {
  suspend: 'pre-external-initialization',
  resume: 'post-external-initialization',
  initialize: 'initialize',
  'initialize-all': 'initialize-all',
} as const;

/**
 * How each product is told to speak TLS. OpenDJ's program knows only the administration port, which speaks nothing else; PingDirectory's is
 * told for each address (as in the public hook scripts of Ping's own container images, 9.x to 11.x).
 */
const tlsOptions: Readonly<Record<Product, { readonly at: string[]; readonly from: string[]; readonly to: string[] }>> = {
  OpenDJ: { at: [], from: [], to: [] },
  PingDirectory: { at: ['--useSSL'], from: ['--useSSLSource'], to: ['--useSSLDestination'] },
};

/**
 * The words for the program. OpenDJ as its 5.0.3 prints in `--help`. `--ignoreWarnings` is never among them: PingDirectory's documentation
 * discourages it, and what the program warns of is for a person to judge.
 */
export function replicationArguments(work: ReplicationWork, product: Product, account: ReplicationAccount): readonly string[] {
  const { adminUid, adminPasswordFile, trustStore } = account;
  return [
    subcommands[work.kind],
    '--noPropertiesFile',
    '--no-prompt',
    ...addressArguments(work, product),
    ...work.baseDns.flatMap((dn) => ['--baseDN', dn]),
    '--adminUID',
    adminUid,
    '--adminPasswordFile',
    adminPasswordFile,
    ...(trustStore === undefined ? [] : ['--trustStorePath', trustStore.file, '--trustStorePasswordFile', trustStore.pinFile]),
  ];
}

function addressArguments(work: ReplicationWork, product: Product): readonly string[] {
  const tls = tlsOptions[product];
  if (work.kind !== 'initialize') return ['--hostname', work.at.host, '--port', String(work.at.port), ...tls.at];
  const source = ['--hostSource', work.from.host, '--portSource', String(work.from.port), ...tls.from];
  return [...source, '--hostDestination', work.to.host, '--portDestination', String(work.to.port), ...tls.to];
}

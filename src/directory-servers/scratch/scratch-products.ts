import type { Product } from '../directory-server.ts';
import type { ServerPorts } from '../scratch-server.ts';
import type { OwnCertificate } from './certificate.ts';
import type { WantedBackend } from './scratch-config.ts';

/** What a product's set-up is told; files instead of secrets. */
export interface SetupWords {
  readonly ports: ServerPorts;
  readonly certificate: OwnCertificate;
  readonly bindDn: string;
  readonly passwordFile: string;
  readonly backends: readonly WantedBackend[];
  readonly heapBytes: number | undefined;
  /** The set's export of the encryption settings, and the file with its passphrase. */
  readonly encryptionSettings: { readonly file: string; readonly pinFile: string } | undefined;
  /** A file below the installation that holds a licence, where there is one. */
  readonly licenceFile: string | undefined;
}

/** How a server of the product is made and started, as data. */
export interface ScratchProduct {
  readonly setup: (words: SetupWords) => readonly string[];
  /** Below `bin`: runs the server in the foreground, as the process that was started. */
  readonly start: readonly [program: string, ...words: string[]];
  /** Words of the server's own program for each backend that the set-up did not make; undefined where the configuration is edited instead. */
  readonly createBackend: ((backend: WantedBackend) => readonly [program: string, ...words: string[]]) | undefined;
  /** Whether set-up cannot be told on which address to listen, so that its configuration is changed before the first start. */
  readonly hasEditableConfig: boolean;
}

const setupBackend = 'userRoot';

export const scratchProducts: Readonly<Record<Product, ScratchProduct>> = {
  /** As `setup --help` of OpenDJ 5.0.3 says; tried. */
  OpenDJ: {
    setup: ({ ports, certificate, bindDn, passwordFile, backends }) => [
      '--cli',
      ...quietly,
      '--quiet',
      ...named({
        hostname: 'localhost',
        ldapPort: ports.ldap,
        ldapsPort: ports.ldaps,
        adminConnectorPort: ports.administration,
        usePkcs12keyStore: certificate.keyStore,
        keyStorePasswordFile: certificate.pinFile,
        certNickname: certificate.alias,
        rootUserDN: bindDn,
        rootUserPasswordFile: passwordFile,
        // It makes one backend, whose entry is the model of those that are put in its place.
        backendType: 'je',
        baseDN: firstBaseDns(backends),
      }),
    ],
    start: ['start-ds', '--nodetach'],
    createBackend: undefined,
    hasEditableConfig: true,
  },
  /**
   * Not tried. Sources: PingDirectory's documentation 11.1, "Installing … in non-interactive mode" (the words of its example); `pingdata.lib.sh` of
   * pingidentity-docker-builds (ports, StartTLS, heap, skipPortCheck, doNotStart); `--listenAddress` and the import of encryption settings as published
   * set-up scripts of its users have them. `dsconfig create-backend` as the configuration reference says.
   */
  PingDirectory: {
    setup: ({ ports, certificate, bindDn, passwordFile, backends, heapBytes, encryptionSettings, licenceFile }) => [
      ...quietly,
      '--skipHostnameCheck',
      ...named({
        instanceName: 'rootcellar',
        location: 'rootcellar',
        localHostName: 'localhost',
        listenAddress: '127.0.0.1',
        ldapPort: ports.ldap,
        ldapsPort: ports.ldaps,
        httpsPort: ports.administration,
        usePkcs12KeyStore: certificate.keyStore,
        keyStorePasswordFile: certificate.pinFile,
        certNickname: certificate.alias,
        rootUserDN: bindDn,
        rootUserPasswordFile: passwordFile,
        baseDN: firstBaseDns(backends),
        maxHeapSize: heapBytes === undefined ? undefined : `${megabytes(heapBytes)}m`,
        encryptDataWithSettingsImportedFromFile: encryptionSettings?.file,
        encryptionSettingsExportPassphraseFile: encryptionSettings?.pinFile,
        licenseKeyFile: licenceFile,
      }),
    ],
    start: ['start-server', '--nodetach'],
    createBackend: ({ id, baseDns }) => {
      const settings = ['enabled:true', ...baseDns.map((dn) => `base-dn:${dn}`)];
      const words = named({ 'backend-name': id, type: 'local-db', set: settings });
      return ['dsconfig', '--offline', '--no-prompt', 'create-backend', ...words];
    },
    hasEditableConfig: false,
  },
};

/** What the set-ups of the family have in common. */
const quietly = ['--no-prompt', '--acceptLicense', '--noPropertiesFile', '--doNotStart', '--skipPortCheck', '--enableStartTLS'] as const;

/** Options with their values: a list is said once for each, and what is undefined is left out. */
function named(values: Readonly<Record<string, string | number | readonly string[] | undefined>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [`--${name}`, String(one)]));
}

/** The backends that set-up does not make by itself. */
export function furtherBackends(backends: readonly WantedBackend[]): readonly WantedBackend[] {
  return backends.filter(({ id }) => id !== setupBackend);
}

function firstBaseDns(backends: readonly WantedBackend[]): readonly string[] {
  return (backends.find(({ id }) => id === setupBackend) ?? backends[0])?.baseDns ?? [];
}

export function megabytes(bytes: number): number {
  return Math.max(1, Math.round(bytes / 1024 / 1024));
}

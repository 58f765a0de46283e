import type { Manifest, ManifestBackend } from '../../src/domain/manifest.ts';

/** A backend `userRoot` in the set, not encrypted, without base DNs, unless told. */
export function exampleManifestBackend(parts: Partial<ManifestBackend> = {}): ManifestBackend {
  return {
    id: 'userRoot',
    role: 'user',
    backupId: '20261123104646Z',
    folder: 'userRoot',
    baseDns: [],
    isEncrypted: false,
    isCompressed: false,
    ...parts,
  };
}

/** What a backup of a lone OpenDJ's `userRoot` is described by, without files, unless told. */
export function exampleManifest(parts: Partial<Manifest> = {}): Manifest {
  return {
    version: 1,
    backupId: '20261123104646Z',
    time: '2026-11-23T10:46:46.000Z',
    server: 'prod',
    origin: 'backup',
    program: 'rootcellar test',
    source: {
      product: 'OpenDJ',
      vendorVersion: 'OpenDJ Server 5.0.3',
      version: '5.0.3',
      location: 'ldaps://127.0.0.1:1636',
      via: 'ldap',
    },
    backends: [exampleManifestBackend()],
    files: [],
    ...parts,
  };
}

import { type EncryptionKeys, hasKey, keysNeeded } from '../domain/encryption-keys.ts';
import type { Manifest, ManifestBackend } from '../domain/manifest.ts';

/** What the server that is configured said of keys; undefined where none is configured. */
export interface AskedServer {
  readonly location: string;
  readonly keys: EncryptionKeys;
}

export interface NeededKey {
  readonly id: string;
  /** Those that cannot be read without it. */
  readonly backends: readonly string[];
  readonly isInSet: boolean;
  /** Undefined: no server was asked, or it could not tell. */
  readonly isOnServer: boolean | undefined;
}

export interface KeysOfSnapshot {
  /** Sorted by ID. */
  readonly keys: readonly NeededKey[];
  /** Backends that need keys, of which the set does not tell which. */
  readonly untold: readonly string[];
  /** The export of the encryption settings, sealed with a pin, as the set has it. */
  readonly export: { readonly path: string; readonly bytes: number; readonly sha256: string | undefined } | undefined;
  /** `there`: each key is in the set or on the server · `missing`: one is in neither · `unknown`: it could not be told of one, and none is missing. */
  readonly verdict: 'there' | 'missing' | 'unknown';
}

/** Which keys a snapshot needs and where they are. A decision of what is known; nothing is asked here. */
export function reportKeys(manifest: Manifest, server: AskedServer | undefined): KeysOfSnapshot {
  const settings = manifest.files.find(({ path }) => path === manifest.encryptionSettings);
  const exported = settings && { path: settings.path, bytes: settings.bytes, sha256: settings.sha256 ?? settings.pieces?.sha256 };
  const all = manifest.source?.keyIds ?? [];
  const keys = [...backendsByKey(manifest)].map(([id, backends]) => ({
    id,
    backends,
    // An export holds every definition that the server had just then.
    isInSet: exported !== undefined && all.includes(id),
    isOnServer: server?.keys.isKnown === true ? hasKey(server.keys.keys, id) : undefined,
  }));
  const untold = manifest.backends.filter((backend) => keysNeeded(manifest, backend) === undefined).map(({ id }) => id);
  return { keys: keys.toSorted((a, b) => (a.id < b.id ? -1 : 1)), untold, export: exported, verdict: verdictOf(keys, untold) };
}

function backendsByKey(manifest: Manifest): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const add = (backend: ManifestBackend, id: string): void => void found.set(id, [...(found.get(id) ?? []), backend.id]);
  for (const backend of manifest.backends) for (const id of keysNeeded(manifest, backend) ?? []) add(backend, id);
  return found;
}

function verdictOf(keys: readonly NeededKey[], untold: readonly string[]): KeysOfSnapshot['verdict'] {
  if (keys.some(({ isInSet, isOnServer }) => !isInSet && isOnServer === false)) return 'missing';
  return untold.length > 0 || keys.some(({ isInSet, isOnServer }) => !isInSet && isOnServer === undefined) ? 'unknown' : 'there';
}

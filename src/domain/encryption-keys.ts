import type { Manifest, ManifestBackend } from './manifest.ts';

/**
 * The keys by which a server reads what it encrypted itself, by their IDs; nothing secret. PingDirectory: its encryption-settings definitions.
 * OpenDJ: its cipher keys.
 */
export type EncryptionKeys =
  | {
      readonly isKnown: true;
      readonly keys: readonly EncryptionKey[];
    }
  /** `reason` is one clause: never to be read as "it has none". */
  | { readonly isKnown: false; readonly reason: string };

export interface EncryptionKey {
  readonly id: string;
  /** Another ID by which the server names the same key. */
  readonly alternateId?: string | undefined;
  /** Whether the server encrypts new data with it. */
  readonly isPreferred: boolean;
}

const lineOf = {
  id: /^\s*Encryption Settings Definition ID:\s*(\S+)\s*$/i,
  alternateId: /^\s*Alternate ID:\s*(\S+)\s*$/i,
  preferred: /^\s*Preferred for New Encryption:\s*(\S+)\s*$/i,
};

/**
 * Reads what PingDirectory's `encryption-settings list` prints (docs.pingidentity.com, "Listing encryption settings definitions", 8.3 to 11.1):
 * blocks that begin with the definition's ID; other lines are left out. Where lines are there and no ID is among them, they are in words unknown
 * to us, unless they say that there are none.
 */
export function parseEncryptionSettings(lines: readonly string[]): EncryptionKeys {
  const keys: EncryptionKey[] = [];
  for (const line of lines) {
    const id = lineOf.id.exec(line)?.[1];
    if (id !== undefined) keys.push({ id, isPreferred: false });
    const last = keys.at(-1);
    if (id !== undefined || last === undefined) continue;
    const alternateId = lineOf.alternateId.exec(line)?.[1];
    const preferred = lineOf.preferred.exec(line)?.[1];
    if (alternateId !== undefined) keys[keys.length - 1] = { ...last, alternateId };
    if (preferred !== undefined) keys[keys.length - 1] = { ...last, isPreferred: preferred.toLowerCase() === 'true' };
  }
  const said = lines.map((line) => line.trim()).filter((line) => line !== '');
  const saysNone = said.some((line) => /\b(no|not any)\b.*\bdefinitions?\b/i.test(line));
  if (keys.length > 0 || saysNone) return { isKnown: true, keys };
  return { isKnown: false, reason: `its list of encryption settings is in unknown words: "${said.slice(0, 3).join(' / ')}"` };
}

/** Whether one of `keys` is the one of this ID, by either of its names. */
export function hasKey(keys: readonly EncryptionKey[], id: string): boolean {
  return keys.some((key) => [key.id, key.alternateId].some((name) => name?.toLowerCase() === id.toLowerCase()));
}

/**
 * What a restored backend cannot be read without: key IDs, sorted; none where it needs no key; undefined where it needs some and the set does not
 * tell which. PingDirectory's entries may be encrypted inside a backup that is not, each by the definition that was preferred when it was written:
 * so its users' backends need all of them.
 */
export function keysNeeded({ source }: Manifest, backend: ManifestBackend): readonly string[] | undefined {
  const all = source?.keyIds;
  const isInside = backend.isConfidential === true || (source?.product === 'PingDirectory' && backend.role === 'user' && all !== undefined);
  if (!backend.isEncrypted && !isInside) return [];
  if (isInside) return all === undefined ? undefined : [...new Set([...all, ...ownKey(backend)])].toSorted();
  return backend.keyId === undefined ? all?.toSorted() : [backend.keyId];
}

function ownKey({ keyId }: ManifestBackend): readonly string[] {
  return keyId === undefined ? [] : [keyId];
}

import { type EncryptionKeys, hasKey, keysNeeded } from '../domain/encryption-keys.ts';
import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import { Failure } from '../foundation/failure.ts';

/** What is known of keys before a restore; what is absent was not asked, or not told. */
export interface KeyFindings {
  /** The target's own. */
  readonly keys?: EncryptionKeys | undefined;
  /** Whether the configured pin is the one that sealed the set's export; undefined where there is no pin, or the set does not tell. */
  readonly isPinRight?: boolean | undefined;
  /** Why the program that imports them cannot be run, where that is so. */
  readonly toolMissing?: Failure | undefined;
  /** Whether a pin is configured at all; undefined where nothing in the set asks for one. */
  readonly hasPin?: boolean | undefined;
}

export interface KeyVerdict {
  /** Path of the export in the set that is to be imported first; undefined where there is none, or the target needs none of it. */
  readonly importFrom: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Decides before anything is touched whether the target will be able to read what it is given. A needed key is on the target, or in the set's export
 * that the configured pin opens; otherwise the restore is refused. Where it cannot be told, that is a warning: the server's own check of each backup,
 * before the first restore task, then is the judge of backups that it encrypted.
 *
 * @throws Failure E_KEYS_MISSING, E_PIN_WRONG, E_TOOL_MISSING
 */
export function checkKeys(manifest: Manifest, backends: readonly ManifestBackend[], findings: KeyFindings = {}): KeyVerdict {
  const { encryptionSettings } = manifest;
  const lacking = lackingOnTarget(manifest, backends, findings.keys);
  if (encryptionSettings === undefined)
    return { importFrom: undefined, warnings: warningsWithoutExport(manifest, backends, lacking, findings) };
  if (findings.toolMissing !== undefined) throw findings.toolMissing;
  const isAllThere = lacking !== undefined && lacking.length === 0 && (manifest.source?.keyIds ?? []).length > 0;
  const fault = pinFault(findings);
  if (fault === undefined) return { importFrom: encryptionSettings, warnings: [] };
  if (isAllThere) {
    return {
      importFrom: undefined,
      warnings: [`the set's export of encryption settings is not imported, as ${fault}; the server has all that is in it`],
    };
  }
  throw new Failure('E_PIN_WRONG', `Cannot open the encryption settings of the set: ${fault}`, {
    hint: 'let server.encryptionPinFile name a file with the pin that was configured when the backup was made; "rootcellar keys report" tells what the set needs',
  });
}

function pinFault({ isPinRight, hasPin }: KeyFindings): string | undefined {
  if (hasPin === false) return 'server.encryptionPinFile is not set';
  return isPinRight === false ? 'the pin in server.encryptionPinFile is not the one that sealed them' : undefined;
}

/** Key IDs that the backends need and the target has not; undefined where it cannot be told. */
function lackingOnTarget(
  manifest: Manifest,
  backends: readonly ManifestBackend[],
  keys: EncryptionKeys | undefined,
): readonly string[] | undefined {
  const needed = backends.map((backend) => keysNeeded(manifest, backend));
  if (needed.every((ids) => ids?.length === 0)) return [];
  if (keys?.isKnown !== true || needed.includes(undefined)) return undefined;
  return [...new Set(needed.flatMap((ids) => ids ?? []))].filter((id) => !hasKey(keys.keys, id));
}

function warningsWithoutExport(
  manifest: Manifest,
  backends: readonly ManifestBackend[],
  lacking: readonly string[] | undefined,
  { keys }: KeyFindings,
): readonly string[] {
  if (lacking !== undefined && lacking.length > 0) throw keysMissing(manifest, backends, lacking);
  if (lacking !== undefined) return [];
  const names = backends.filter((backend) => keysNeeded(manifest, backend)?.length !== 0).map(({ id }) => id);
  const why = keys !== undefined && !keys.isKnown ? `; ${keys.reason}` : '';
  return [
    `${names.join(', ')} was encrypted by the server, and the set has no export of its keys: only a server that has them can restore it${why}`,
  ];
}

function keysMissing(manifest: Manifest, backends: readonly ManifestBackend[], lacking: readonly string[]): Failure {
  const isOf = (backend: ManifestBackend): boolean => (keysNeeded(manifest, backend) ?? []).some((id) => lacking.includes(id));
  const names = backends.filter(isOf).map(({ id }) => id);
  return new Failure(
    'E_KEYS_MISSING',
    `Cannot restore ${names.join(', ')}: neither the server nor the set has the ${lacking.length === 1 ? 'key' : 'keys'} ${lacking.join(', ')} that it is encrypted with`,
    {
      hint:
        manifest.source?.product === 'OpenDJ'
          ? 'restore into the server that it was backed up from or a replica of it, or give this one its config/ads-truststore, ads-truststore.pin and admin-backend.ldif first'
          : 'import the definitions into the server first ("encryption-settings import" with an export from elsewhere), then run the restore again',
    },
  );
}

import { open } from 'node:fs/promises';
import type { EncryptionKeys } from '../domain/encryption-keys.ts';
import type { Backend, Product, ServerDescription } from '../directory-servers/directory-server.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';

/**
 * Refuses backups that only this very server could restore: OpenDJ encrypts a backup with a key of its own, which is in no backup (`cn=admin data`,
 * wrapped by the key pair in its `config/ads-truststore`); tried with 5.0.3, another server ends with "the symmetric key identifier in the data prologue
 * does not match any known key entries".
 *
 * @throws Failure E_KEYS_STAY_BEHIND (exit code 2)
 */
export function refuseKeysThatStayBehind({ product }: ServerDescription, encrypt: boolean | 'server-default'): void {
  if (product !== 'OpenDJ' || encrypt !== true) return;
  throw new Failure(
    'E_KEYS_STAY_BEHIND',
    'Cannot have OpenDJ encrypt its backup: the key would lie only in the configuration of this one server, and without it no other server can restore',
    {
      exitCode: exitCodes.usage,
      hint: 'set backup.encrypt to false: the layout repository encrypts all that it keeps, and in the layout plain the bucket can (s3.encryption)',
    },
  );
}

/** What the operator should know of the keys of a set, each in one clause. */
export function keyWarnings(backends: readonly Backend[], keys: EncryptionKeys | undefined): readonly string[] {
  const confidential = backends.filter(({ isConfidential }) => isConfidential === true).map(({ id }) => id);
  const unknown = keys !== undefined && !keys.isKnown ? [`which keys the set needs could not be told: ${keys.reason}`] : [];
  if (confidential.length === 0) return unknown;
  return [
    ...unknown,
    `${confidential.join(', ')}: the entries are encrypted with keys that are in no backup (confidentiality is enabled); only this server, its replicas, and one that was given its config/ads-truststore, ads-truststore.pin and admin-backend.ldif can read them`,
  ];
}

/** OpenDJ's CryptoManagerImpl begins what it encrypts with a version, 1, and the 16 bytes of the key's UUID. */
const prologueBytes = 17;

/** The ID of the key that an OpenDJ encrypted this file with, from its first bytes; undefined where they are of another form. */
export async function keyOfFile(file: string, product: Product): Promise<string | undefined> {
  if (product !== 'OpenDJ') return undefined;
  await using opened = await open(file);
  const { bytesRead, buffer } = await opened.read(Buffer.alloc(prologueBytes), 0, prologueBytes, 0);
  if (bytesRead < prologueBytes || buffer.readUInt8(0) !== 1) return undefined;
  return buffer.toString('hex', 1).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

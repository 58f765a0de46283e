import type { Config } from '../config/schema.ts';

/**
 * The words after `restic` that open the archive of this configuration: where it lies, its password file, whom to trust. `ENDPOINT` stands
 * where the configuration leaves the address to the environment.
 */
export function resticWords({ archive = '', passwordFile = '', s3 }: Pick<Config, 'archive' | 'passwordFile' | 's3'>): readonly string[] {
  const isBucket = archive.startsWith('s3://');
  const place = isBucket
    ? `s3:${s3.endpoint?.replace(/\/+$/, '') ?? 'ENDPOINT'}/${archive.slice('s3://'.length)}`
    : archive.replace(/^file:\/\//, '');
  const trust = isBucket && s3.caFile !== undefined ? ['--cacert', s3.caFile] : [];
  return ['-r', place, '--password-file', passwordFile, ...trust].map(quoted);
}

/** A word of a POSIX shell's command line. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

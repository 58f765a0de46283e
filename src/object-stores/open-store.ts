import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Failure, messageOf, wrongUsage } from '../foundation/failure.ts';
import { normalPrefix } from './keys.ts';

/** Where an archive lies, as an operator writes it. */
export type StoreLocation =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'folder'; readonly folder: string };

const example = 'write s3://bucket/path or a folder such as /backups or ./backups';

/**
 * Reads `s3://bucket/path`, `/folder`, `./folder`, `../folder` or `file:///folder`. A relative folder is taken from
 * `workingFolder`; the prefix is empty or ends with `/`.
 *
 * @throws Failure E_USAGE (exit code 2) for anything else
 */
export function parseStoreLocation(text: string, workingFolder: string): StoreLocation {
  if (text.trim() === '') throw wrongUsage('Cannot open the archive: no location is given', example);
  if (text.startsWith('s3://')) return parseS3(text);
  if (text.startsWith('file:')) return { kind: 'folder', folder: folderOfUrl(text) };
  if (/^(\/|\.{1,2}(\/|$))/.test(text)) return { kind: 'folder', folder: resolve(workingFolder, text) };
  throw refused(text, 'it is neither an s3:// URL nor a path that begins with "/" or "."');
}

function parseS3(text: string): StoreLocation {
  const [bucket = '', ...path] = text.slice('s3://'.length).split('/');
  // A secret in the URL would end in logs and process lists.
  if (bucket.includes('@')) {
    const sentence = 'Cannot open the archive: the location has a user or key before an "@"';
    throw wrongUsage(sentence, 'write s3://bucket/path, and give credentials by environment, profile or role');
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
    throw refused(text, bucket === '' ? 'it has no bucket' : `"${bucket}" is not the name of a bucket`);
  }
  if (/[?#]/.test(text)) throw refused(text, 'it has a "?" or "#"');
  if (path.some((segment) => segment === '.' || segment === '..')) throw refused(text, 'its path has a segment "." or ".."');
  return { kind: 's3', bucket, prefix: normalPrefix(path.join('/')) };
}

function folderOfUrl(text: string): string {
  try {
    return fileURLToPath(text, { windows: false });
  } catch (error) {
    throw refused(text, messageOf(error));
  }
}

function refused(text: string, why: string): Failure {
  return wrongUsage(`Cannot open the archive "${text}": ${why}`, example);
}

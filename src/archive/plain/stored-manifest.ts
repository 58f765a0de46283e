import { hash } from 'node:crypto';
import { decodeManifest, encodeManifest, type Manifest } from '../../domain/manifest.ts';

/** The last line of a stored manifest: of all that comes before it. Where files are seen in the bucket nothing else vouches for the manifest. */
const checksumLine = /,\n {2}"checksum": "([^"]*)"\n\}\n$/;
const end = '\n}\n';

/** A manifest as it is stored: with a checksum of its own, so that a time or a name in it cannot change unnoticed. The same for the same manifest. */
export function encodeStoredManifest(manifest: Manifest): string {
  const text = encodeManifest(manifest);
  return `${text.slice(0, -end.length)},\n  "checksum": "${hash('sha256', text, 'hex')}"${end}`;
}

/** Reads a stored manifest, or returns the reason why it is none in one clause. One without a checksum is read as it is: older programs and people write such. */
export function decodeStoredManifest(text: string): Manifest | { readonly invalid: string } {
  const [line, checksum] = checksumLine.exec(text) ?? [];
  if (line !== undefined && hash('sha256', `${text.slice(0, -line.length)}${end}`, 'hex') !== checksum)
    return { invalid: 'it was altered, as its checksum says' };
  return decodeManifest(text);
}

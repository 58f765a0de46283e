import { once } from 'node:events';
import type { Entry, ZipFile } from 'yauzl';

/** The next line of the zip's directory. Only while there is one: the caller counts. @throws what yauzl finds wrong with it */
export async function nextZipEntry(zip: ZipFile): Promise<Entry> {
  const next = once(zip, 'entry') as Promise<[Entry]>;
  zip.readEntry();
  const [entry] = await next;
  return entry;
}

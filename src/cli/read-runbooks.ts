import { readdir, readFile } from 'node:fs/promises';
import { parseRunbook, type RunbookSection } from './runbooks.ts';

// The built program lies as deep in the package as this file.
const folder = new URL('../../docs/runbooks/', import.meta.url);

/** Every section of the pages in docs/runbooks, which are in the package too. */
export async function readRunbooks(): Promise<readonly RunbookSection[]> {
  const pages = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md').toSorted();
  const texts = await Promise.all(pages.map(async (name) => parseRunbook(name, await readFile(new URL(name, folder), 'utf8'))));
  return texts.flat();
}

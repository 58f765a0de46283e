import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { exclusively } from '../../tools/exclusive.mjs';

/** Where real parts are kept between runs: outside the checkout, so that a new clone finds them. */
export function cacheFolder(): string {
  const { ROOTCELLAR_TEST_CACHE: own, XDG_CACHE_HOME: caches } = process.env;
  return own || path.join(caches || path.join(homedir(), '.cache'), 'rootcellar');
}

export interface CachedPart {
  /** The folder's name in the cache: what it is and its version; another content has another name. */
  readonly name: string;
  /** For the reader who waits: what is made and how, and how long it takes from nothing on two cores. */
  readonly announcement: string;
  /** Fills the empty folder. */
  make(folder: string): Promise<void>;
}

const contentsFile = '.contents.json';

/**
 * Returns the part's folder, making it first when it is absent or damaged (a file of it is missing or has another size).
 * It is made under another name and then renamed, by one process at a time; others wait for it. Nobody may write in it.
 */
export async function cached(part: CachedPart): Promise<string> {
  const folder = path.join(cacheFolder(), part.name);
  if (await isWhole(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true, mode: 0o700 });
  await exclusively(
    folder,
    () => makeAnew(part, folder),
    () => say(`waiting for another run: ${part.announcement}`),
  );
  return folder;
}

async function makeAnew(part: CachedPart, folder: string): Promise<void> {
  if (await isWhole(folder)) return;
  const begin = Date.now();
  say(part.announcement);
  const fresh = await mkdtemp(path.join(cacheFolder(), '.new-'));
  try {
    await part.make(fresh);
    await writeFile(path.join(fresh, contentsFile), JSON.stringify(await sizesIn(fresh)));
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  say(`${part.name} is ready after ${Math.round((Date.now() - begin) / 1000)} s`);
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const expected: unknown = JSON.parse(await readFile(path.join(folder, contentsFile), 'utf8'));
    const sizes = await Promise.all(
      Object.entries(expected ?? {}).map(async ([file, bytes]) => (await stat(path.join(folder, file))).size === bytes),
    );
    return sizes.every(Boolean);
  } catch {
    return false;
  }
}

async function sizesIn(folder: string): Promise<Record<string, number>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(paths.map(async (file) => [path.relative(folder, file), (await stat(file)).size] as const)));
}

function say(text: string): void {
  process.stderr.write(`rootcellar: ${text}\n`);
}

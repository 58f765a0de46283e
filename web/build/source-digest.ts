import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Where the build notes of which sources it is. */
export const sourcesFile = '.sources';

/** The sources that a build is of. */
interface Sources {
  readonly digest: string;
  /** Files of it that do not lie in the console's own folder, from there. */
  readonly elsewhere: readonly string[];
}

/** Notes in the folder of the build that it is of the console's own folder and of these files elsewhere. */
export async function noteSources(folder: string, web: string, elsewhere: readonly string[]): Promise<void> {
  const sources: Sources = { digest: await digestOf(web, elsewhere), elsewhere };
  await writeFile(path.join(folder, sourcesFile), `${JSON.stringify(sources)}\n`);
}

/** Whether the folder has a build of the sources as they are now. */
export async function isOfSources(folder: string, web: string): Promise<boolean> {
  try {
    const { digest, elsewhere } = JSON.parse(await readFile(path.join(folder, sourcesFile), 'utf8')) as Sources;
    return digest === (await digestOf(web, elsewhere));
  } catch {
    // No build, or one of sources that are gone.
    return false;
  }
}

/** Of all in the folder but tests, of the files elsewhere, and of which packages there are at which version. */
async function digestOf(web: string, elsewhere: readonly string[]): Promise<string> {
  const entries = await readdir(web, { recursive: true, withFileTypes: true });
  const own = entries
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => path.relative(web, path.join(entry.parentPath, entry.name)));
  const hash = createHash('sha256');
  for (const file of [...own, ...elsewhere, '../package-lock.json'].sort()) {
    const bytes = await readFile(path.join(web, file));
    hash.update(`${file} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

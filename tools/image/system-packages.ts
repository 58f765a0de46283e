import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** A package of the Debian system that the image was made on, of which it holds files. */
export interface SystemPackage {
  readonly name: string;
  readonly version: string;
  /** The file with its licences. */
  readonly copyright: string;
}

/** Which packages these files are of, each once, by name. Throws when one is of none. */
export async function packagesOf(files: readonly string[]): Promise<readonly SystemPackage[]> {
  const names = new Set<string>();
  for (const file of files) names.add(await ownerOf(file));
  const packages = [...names].toSorted().map(async (name): Promise<SystemPackage> => {
    const { stdout } = await promisify(execFile)('dpkg-query', ['--show', '--showformat=${Version}', name]);
    return { name, version: stdout.trim(), copyright: path.join('/usr/share/doc', name, 'copyright') };
  });
  return Promise.all(packages);
}

/** The system may reach /lib by way of /usr, and dpkg knows a file by the name under which it came. */
async function ownerOf(file: string): Promise<string> {
  for (const name of [file, path.join('/usr', file)]) {
    const found = await promisify(execFile)('dpkg-query', ['--search', name]).catch(() => undefined);
    const owner = /^([^\s:,]+)/.exec(found?.stdout ?? '')?.[1];
    if (owner !== undefined) return owner;
  }
  throw new Error(`Cannot make the image: ${file} is of no Debian package, so its licence is unknown`);
}

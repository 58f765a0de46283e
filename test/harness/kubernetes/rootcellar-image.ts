import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { assembleImage } from '../../../tools/image/assemble-image.ts';
import { cached } from '../test-cache.ts';

const root = path.join(import.meta.dirname, '../../..');

/** All that the image is made of. */
const sources = [
  'bin',
  'docs/runbooks',
  'image',
  'kernels',
  'src',
  'tools/image',
  'tools/build-into.ts',
  'tools/ensure-web.ts',
  'web',
  'package.json',
  'package-lock.json',
  'README.md',
];

export interface RootcellarImage {
  /** The OCI archive. */
  readonly file: string;
  readonly name: string;
}

/** The image of rootcellar as these sources make it; made anew when one of them has changed, about 10 s. */
export async function rootcellarImage(): Promise<RootcellarImage> {
  const recipe = createHash('sha256').update(process.version);
  for (const source of sources) for (const file of await filesOf(path.join(root, source))) recipe.update(file).update(await readFile(file));
  const folder = await cached({
    name: `image-rootcellar-${recipe.digest('hex').slice(0, 10)}`,
    announcement: 'making the image of rootcellar (about 10 s)',
    make: async (fresh) => void (await assembleImage(path.join(fresh, 'image.tar'), 0)),
  });
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return { file: path.join(folder, 'image.tar'), name: `localhost/rootcellar:${version}` };
}

async function filesOf(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return [place];
  const files = entries.filter((entry) => entry.isFile() && !/\.test\.ts$|\.wasm$/.test(entry.name));
  return files.map((entry) => path.join(entry.parentPath, entry.name)).toSorted();
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export type Coding = 'br' | 'gzip';

/** A file of the console, as it is kept in memory. */
export interface ConsoleFile {
  readonly contentType: string;
  /** Of its content, in hexadecimal: another content has another one. */
  readonly digest: string;
  /** Its name has a hash of its content, so that a browser need never ask again. */
  readonly isHashed: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly coded: ReadonlyMap<Coding, Uint8Array<ArrayBuffer>>;
}

/** Each kind of file that the build makes; another one is not served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

const suffixes = { br: '.br', gzip: '.gz' } as const satisfies Record<Coding, string>;

/** Reads the files of the folder by their paths, `/index.html`, with what the build compressed of them. Empty where there is no such folder. */
export async function readConsole(folder: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(noneWhereAbsent);
  const names = entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const files = new Map<string, ConsoleFile>();
  for (const name of names.toSorted()) {
    const contentType = contentTypes[path.extname(name)];
    if (contentType === undefined || path.basename(name).startsWith('.')) continue;
    const bytes = await readFile(path.join(folder, name));
    const coded = new Map<Coding, Uint8Array<ArrayBuffer>>();
    for (const coding of ['br', 'gzip'] as const)
      if (names.includes(name + suffixes[coding])) coded.set(coding, await readFile(path.join(folder, name + suffixes[coding])));
    files.set(`/${name.split(path.sep).join('/')}`, {
      contentType,
      digest: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
      isHashed: name.startsWith(`assets${path.sep}`),
      bytes,
      coded,
    });
  }
  return files;
}

function noneWhereAbsent(error: unknown): [] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}

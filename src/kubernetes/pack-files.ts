import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pack, type Pack } from 'tar-stream';
import { PatientWriter } from './patient-writer.ts';
import type { MovedFile } from './unpack-files.ts';

/** A file of this machine and what it is to be called in the archive. */
export interface FileToPack {
  readonly source: string;
  /** `/`-separated. */
  readonly path: string;
  readonly bytes: number;
  /** Last change, in milliseconds: by it a file that changed is known. */
  readonly changed: number;
}

/** The file itself, or all files below the folder, in the order of their paths. */
export async function filesToPack(source: string): Promise<readonly FileToPack[]> {
  const found = await stat(source);
  if (found.isFile()) return [{ source, path: path.basename(source), bytes: found.size, changed: found.mtimeMs }];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(
    files.toSorted().map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return { source: file, path: path.relative(source, file).split(path.sep).join('/'), bytes: size, changed: mtimeMs };
    }),
  );
}

export interface PackedFiles {
  /** The archive, to be read once, piece by piece. It rejects where a file cannot be read or has another length than it had. */
  readonly archive: AsyncIterable<Uint8Array>;
  /** What was packed so far. */
  readonly files: readonly MovedFile[];
}

export interface PackOptions {
  readonly isSecret?: boolean | undefined;
  /** Told how many more bytes of content went out. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** The files as a tar archive, folders first; for their owner and group, or with `isSecret` for their owner only. */
export function packFiles(files: readonly FileToPack[], options: PackOptions = {}): PackedFiles {
  const packed: MovedFile[] = [];
  return { archive: archiveOf(files, packed, options), files: packed };
}

async function* archiveOf(files: readonly FileToPack[], packed: MovedFile[], options: PackOptions): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const filling = fill(archive, files, packed, options);
  // Told by the archive's own end.
  filling.catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  for await (const piece of archive) if (piece instanceof Uint8Array) yield piece;
  await filling;
}

async function fill(archive: Pack, files: readonly FileToPack[], packed: MovedFile[], { isSecret, onBytes }: PackOptions): Promise<void> {
  const folders = new Set(files.flatMap((file) => foldersAbove(file.path)));
  for (const name of [...folders].toSorted()) archive.entry({ name: `./${name}/`, type: 'directory', mode: 0o770 });
  for (const { source, path: name, bytes, changed } of files) {
    const hash = createHash('sha256');
    const mode = isSecret === true ? 0o600 : 0o640;
    let sent = 0;
    const entry = new PatientWriter(archive.entry({ name: `./${name}`, type: 'file', size: bytes, mode, mtime: new Date(changed) }));
    for await (const piece of createReadStream(source, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      hash.update(piece);
      sent += piece.length;
      onBytes?.(piece.length);
      await entry.write(piece);
    }
    await entry.end();
    if (sent !== bytes) throw new Error(`${source} had ${bytes} bytes, and ${sent} were read`);
    packed.push({ path: name, bytes, sha256: hash.digest('hex') });
  }
  archive.finalize();
}

/** `a/b` → `a`; `a/b/c` → `a`, `a/b`. */
function foldersAbove(name: string): string[] {
  const segments = name.split('/').slice(0, -1);
  return segments.map((_, at) => segments.slice(0, at + 1).join('/'));
}

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Lays beside each file what a server sends in its place, `.br` and `.gz`, where that is shorter; as short as it gets, since it is done once. */
export async function compressFiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    const br = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
    await writeOrRemove(`${file}.br`, br, br.length < bytes.length);
    const gz = gzipSync(bytes, { level: 9 });
    await writeOrRemove(`${file}.gz`, gz, gz.length < bytes.length);
  }
}

async function writeOrRemove(file: string, bytes: Uint8Array, isWanted: boolean): Promise<void> {
  await (isWanted ? writeFile(file, bytes) : rm(file, { force: true }));
}

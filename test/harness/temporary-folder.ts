import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Removes the folder with all it holds. */
  remove(): Promise<void>;
}

const leftOver = new Set<string>();
process.on('exit', () => {
  for (const folder of leftOver) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

/** Makes an empty folder, readable by nobody else; `await using` removes it, and at the latest the end of the process does. */
export async function temporaryFolder(purpose = 'test'): Promise<TemporaryFolder> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), `rootcellar-${purpose}-`)));
  leftOver.add(folder);
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    leftOver.delete(folder);
  };
  return { path: folder, remove, [Symbol.asyncDispose]: remove };
}

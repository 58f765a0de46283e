import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../run-tests.ts';
import { readDockerfile } from './dockerfile.ts';
import { makeRoot } from './make-root.ts';
import { writeOciArchive } from './oci-archive.ts';

export interface AssembledImage {
  /** `localhost/rootcellar:VERSION`. */
  readonly name: string;
  /** What it takes on a node. */
  readonly layerBytes: number;
}

/** The file of which the image is made, by `docker build` or here. */
export const dockerfile = path.join(root, 'image/Dockerfile');

/**
 * Writes the image that `image/Dockerfile` describes as an OCI archive: its files by the same code that the Dockerfile calls, on the Node
 * that runs this; user, entry point, variables and labels as they stand in the Dockerfile.
 */
export async function assembleImage(file: string, epochSeconds: number): Promise<AssembledImage> {
  const config = readDockerfile(await readFile(dockerfile, 'utf8'));
  const name = `localhost/rootcellar:${config.labels['org.opencontainers.image.version']}`;
  const folder = await mkdtemp(path.join(tmpdir(), 'rootcellar-image-'));
  try {
    await makeRoot(folder, epochSeconds);
    return { name, layerBytes: await writeOciArchive(file, { ...config, name, folder, epochSeconds }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

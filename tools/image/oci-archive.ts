import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { tarEnd, type TarEntry, tarHeader, tarPadding } from './tar.ts';

export interface ImageConfig {
  /** `uid:gid`. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly workingFolder: string;
}

export interface Image extends ImageConfig {
  /** `localhost/rootcellar:test`. */
  readonly name: string;
  /** What becomes its root, in one layer; owner and group are 0 there, whoever's the files are. */
  readonly folder: string;
  readonly epochSeconds: number;
}

/**
 * Writes an image as a tar archive of an OCI image layout (image-spec 1.1: `oci-layout`, `index.json`, blobs), which containerd, podman and
 * skopeo read; the layer is not compressed. Returns the bytes of the layer, which is what the image takes on a node. The same input makes the
 * same bytes. The file is there as a whole or not at all.
 */
export async function writeOciArchive(file: string, image: Image): Promise<number> {
  const layerFile = `${file}.layer`;
  const fresh = `${file}.new`;
  try {
    const layer = await writeLayer(layerFile, image);
    const config = blob('application/vnd.oci.image.config.v1+json', configOf(image, layer.digest));
    const manifest = blob('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: config.descriptor,
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer.digest, size: layer.size }],
    });
    const named = {
      ...manifest.descriptor,
      annotations: { 'io.containerd.image.name': image.name, 'org.opencontainers.image.ref.name': image.name },
    };
    await using archive = await open(fresh, 'w');
    await writeTexts(archive, [
      ['oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })],
      ['index.json', JSON.stringify({ schemaVersion: 2, manifests: [named] })],
      [blobPath(config.descriptor.digest), config.text],
      [blobPath(manifest.descriptor.digest), manifest.text],
    ]);
    await archive.write(tarHeader({ path: blobPath(layer.digest), type: 'file', mode: 0o644, size: layer.size, epochSeconds: 0 }));
    for await (const piece of createReadStream(layerFile)) await archive.write(piece as Buffer);
    await archive.write(Buffer.concat([tarPadding(layer.size), tarEnd]));
    await rename(fresh, file);
    return layer.size;
  } finally {
    for (const rest of [layerFile, fresh]) await rm(rest, { force: true });
  }
}

async function writeLayer(file: string, { folder, epochSeconds }: Image): Promise<{ digest: string; size: number }> {
  await using out = await open(file, 'w');
  const hash = createHash('sha256');
  let size = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes);
    size += bytes.length;
    await out.write(bytes);
  };
  for (const entry of await entriesOf(folder, epochSeconds)) {
    await write(tarHeader(entry));
    if (entry.type !== 'file') continue;
    for await (const piece of createReadStream(path.join(folder, entry.path))) await write(piece as Buffer);
    await write(tarPadding(entry.size));
  }
  await write(tarEnd);
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** Folders before what is in them. */
async function entriesOf(folder: string, epochSeconds: number): Promise<readonly TarEntry[]> {
  const names = (await readdir(folder, { recursive: true })).toSorted();
  return Promise.all(
    names.map(async (name): Promise<TarEntry> => {
      const found = await lstat(path.join(folder, name));
      const common = { path: name, mode: found.mode & 0o7777, epochSeconds, size: 0 };
      if (found.isSymbolicLink()) return { ...common, type: 'link', mode: 0o777, target: await readlink(path.join(folder, name)) };
      if (found.isDirectory()) return { ...common, type: 'folder' };
      return { ...common, type: 'file', size: found.size };
    }),
  );
}

function configOf(image: Image, layer: string) {
  const { user, entrypoint, command, environment, labels, workingFolder, epochSeconds } = image;
  return {
    created: new Date(1000 * epochSeconds).toISOString(),
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      User: user,
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: entrypoint,
      Cmd: command,
      WorkingDir: workingFolder,
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: [layer] },
    history: [{ created: new Date(1000 * epochSeconds).toISOString(), created_by: 'rootcellar' }],
  };
}

function blob(mediaType: string, content: unknown) {
  const text = JSON.stringify(content);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return { text, descriptor: { mediaType, digest, size: Buffer.byteLength(text) } };
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

async function writeTexts(archive: FileHandle, texts: readonly (readonly [string, string])[]): Promise<void> {
  for (const [name, text] of texts) {
    const bytes = Buffer.from(text);
    await archive.write(tarHeader({ path: name, type: 'file', mode: 0o644, size: bytes.length, epochSeconds: 0 }));
    await archive.write(Buffer.concat([bytes, tarPadding(bytes.length)]));
  }
}

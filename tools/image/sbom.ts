import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../run-tests.ts';
import type { SystemPackage } from './system-packages.ts';

export interface ImageContents {
  readonly system: readonly SystemPackage[];
  /** Packages that are in the console, although nothing needs them at run time. */
  readonly packagesOfConsole: readonly string[];
  /** When it counts as made. */
  readonly epochSeconds: number;
}

/** An entry of package-lock.json, as far as it is looked at. */
interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly integrity?: string;
  readonly license?: string;
}

/**
 * What the image is made of, as CycloneDX 1.6 (JSON): the program, the packages it needs at run time and those in the console, with their hashes from
 * package-lock.json, Node, and the Debian packages whose libraries Node loads. The same contents make the same bytes.
 */
export async function softwareBillOfMaterials({ system, packagesOfConsole, epochSeconds }: ImageContents): Promise<string> {
  const lock = await readFile(path.join(root, 'package-lock.json'), 'utf8');
  const { version, packages } = JSON.parse(lock) as {
    readonly version: string;
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const ofConsole = new Set(packagesOfConsole.map((name) => `node_modules/${name}`));
  const isInImage = (folder: string, { dev }: LockedPackage): boolean => folder !== '' && (dev !== true || ofConsole.has(folder));
  const components = [
    { type: 'platform', name: 'node', version: process.versions.node, purl: `pkg:generic/node@${process.versions.node}` },
    ...system.map(({ name, version: of }) => ({
      type: 'library',
      name,
      version: of,
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(of)}`,
    })),
    ...Object.entries(packages).flatMap(([folder, locked]) => (isInImage(folder, locked) ? [npmComponent(folder, locked)] : [])),
  ].map((component) => ({ 'bom-ref': component.purl, ...component }));
  const unique = [...new Map(components.map((component) => [component.purl, component])).values()];
  const program = { 'bom-ref': 'rootcellar', type: 'application', name: 'rootcellar', version, purl: `pkg:npm/rootcellar@${version}` };
  const body = {
    metadata: { timestamp: new Date(1000 * epochSeconds).toISOString(), component: program },
    components: unique,
    dependencies: [{ ref: 'rootcellar', dependsOn: unique.map(({ purl }) => purl) }],
  };
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`, version: 1 };
  return `${JSON.stringify({ ...head, ...body }, undefined, 2)}\n`;
}

function npmComponent(folder: string, { version = '', integrity, license }: LockedPackage) {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [algorithm, digest] = integrity?.split('-', 2) ?? [];
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(algorithm === 'sha512' && { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest ?? '', 'base64').toString('hex') }] }),
    ...(license !== undefined && { licenses: [{ expression: license }] }),
  };
}

/** A UUID of version 8 (RFC 9562), of the contents alone. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

import { execFile } from 'node:child_process';
import { chmod, cp, lutimes, mkdir, readFile, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { buildInto, type BuiltPackage } from '../build-into.ts';
import { root } from '../run-tests.ts';
import { packagesOf, type SystemPackage } from './system-packages.ts';
import { softwareBillOfMaterials } from './sbom.ts';

/** Where things are in the image. */
export const imagePaths = {
  node: '/usr/bin/node',
  program: '/usr/bin/rootcellar',
  package: '/opt/rootcellar',
  certificates: '/etc/ssl/certs/ca-certificates.crt',
  licenses: '/usr/share/licenses',
  sbom: '/usr/share/sbom/rootcellar.cdx.json',
} as const;

/** Folders that the program looks into or writes below; whoever runs it mounts something there, or has group 0. */
const folders = [
  { path: '/tmp', mode: 0o1777 },
  { path: '/etc/rootcellar', mode: 0o755 },
  { path: '/run/secrets/rootcellar', mode: 0o755 },
  { path: '/var/cache/rootcellar', mode: 0o775 },
] as const;

/**
 * Fills the folder with all that the image holds: the Node that runs this, the libraries it loads, the packed package, the certificates
 * of the public authorities, two users, licences and the list of what is in it. Nothing else: no shell, no package manager. Linux with
 * Debian's `ldd` and `dpkg-query` only. Every file is for all to read, and dates from `epochSeconds`: the same sources make the same bytes.
 *
 * @throws {Error} when the package cannot be built or a library cannot be found.
 */
export async function makeRoot(folder: string, epochSeconds: number): Promise<void> {
  const at = (inImage: string): string => path.join(folder, inImage);
  await rm(folder, { recursive: true, force: true });
  for (const { path: name } of folders) await mkdir(at(name), { recursive: true });
  const node = await realpath(process.execPath);
  const libraries = await librariesOf(node);
  await put(node, at(imagePaths.node), 0o755);
  for (const library of libraries) await put(library, at(library), 0o755);
  const { packagesOfConsole } = await putPackage(at(imagePaths.package));
  await mkdir(path.dirname(at(imagePaths.program)), { recursive: true });
  await symlink(`${imagePaths.package}/bin/rootcellar.mjs`, at(imagePaths.program));
  await putText(at(imagePaths.certificates), `${tls.rootCertificates.join('\n')}\n`);
  await putText(at('/etc/passwd'), 'root:x:0:0:root:/:/sbin/nologin\nrootcellar:x:9031:0:rootcellar:/tmp:/sbin/nologin\n');
  await putText(at('/etc/group'), 'root:x:0:\n');
  // Names as the system finds them: the files first, then DNS.
  await putText(at('/etc/nsswitch.conf'), 'hosts: files dns\n');
  const system = await packagesOf(libraries);
  await putLicenses(at(imagePaths.licenses), system);
  await putText(at(imagePaths.sbom), await softwareBillOfMaterials({ system, packagesOfConsole, epochSeconds }));
  await setModesAndTimes(folder, epochSeconds);
}

/** The files that the system's loader loads for the program, itself among them, by the paths where it looks. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program]);
  if (/not found/.test(stdout)) throw new Error(`Cannot make the image: a library of ${program} is missing:\n${stdout}`);
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, file = '']) => file).toSorted();
}

async function putPackage(target: string): Promise<BuiltPackage> {
  const built = await buildInto(path.join(target, 'dist'));
  if (built === undefined) throw new Error('Cannot make the image: the package cannot be built; see above');
  for (const name of ['bin', 'docs/runbooks', 'package.json', 'LICENSE', 'README.md'])
    await cp(path.join(root, name), path.join(target, name), { recursive: true });
  // There is no `env` in the image.
  const launcher = path.join(target, 'bin/rootcellar.mjs');
  const text = await readFile(launcher, 'utf8');
  await writeFile(launcher, text.replace(/^#!.*/, `#!${imagePaths.node}`));
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await chmod(path.join(entry.parentPath, entry.name), 0o644);
  await chmod(launcher, 0o755);
  return built;
}

async function putLicenses(target: string, system: readonly SystemPackage[]): Promise<void> {
  await put(path.join(root, 'LICENSE'), path.join(target, 'rootcellar'), 0o644);
  const ofNode = await readFile(path.join(path.dirname(process.execPath), '../LICENSE'), 'utf8').catch(() => undefined);
  const elsewhere = `Node.js ${process.version}: MIT, and the licences of what it holds: https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
  await putText(path.join(target, 'node'), ofNode ?? elsewhere);
  for (const { name, copyright } of system) await put(copyright, path.join(target, name), 0o644);
  await symlink(path.posix.join(imagePaths.package, 'dist/third-party-licenses.txt'), path.join(target, 'packages-of-rootcellar'));
}

async function put(source: string, target: string, mode: number): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  await cp(await realpath(source), target);
  await chmod(target, mode);
}

async function putText(target: string, text: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, text, { mode: 0o644 });
}

/** Whatever the umask of who makes it, everybody may read it. */
async function setModesAndTimes(folder: string, epochSeconds: number): Promise<void> {
  const own = new Map<string, number>(folders.map(({ path: name, mode }) => [path.join(folder, name), mode]));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const name = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(name, own.get(name) ?? 0o755);
    await lutimes(name, epochSeconds, epochSeconds);
  }
  await chmod(folder, 0o755);
  await lutimes(folder, epochSeconds, epochSeconds);
}

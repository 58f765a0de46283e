import { cp, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure, messageOf } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { recogniseProduct } from '../detect-product.ts';
import { runTool } from '../run-tool.ts';
import type { Installation } from '../scratch-server.ts';
import { listZip, readZipText, unpackZip } from './zip-archive.ts';

/** Where the products say their version, below the root of the installation: `5.0.3.1514d3b…`. */
const opendjVersionFile = 'template/config/buildinfo';
const setupProgram = 'setup';
const versionProgram = 'bin/backup';

/** What lies at the path. @throws Failure E_INSTALLATION */
export async function inspectInstallation(place: string, { signal }: OperationContext = {}): Promise<Installation> {
  const found = await stat(place).catch((error: unknown) => {
    throw unusable(place, (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is nothing' : messageOf(error), error);
  });
  return found.isDirectory() ? inspectFolder(place, signal) : inspectZip(place);
}

/** Writes the installation's files into `home`, which must not be there yet. */
export async function unpackInstallation({ place, kind }: Installation, home: string, signal: AbortSignal | undefined): Promise<void> {
  // A link that leads to a file is copied as the file, as the installation may go before the server does.
  if (kind === 'folder') await cp(place, home, { recursive: true, dereference: true, filter: () => signal?.aborted !== true });
  else await unpackZip(place, await rootIn(place), home, signal);
  signal?.throwIfAborted();
}

async function inspectFolder(place: string, signal: AbortSignal | undefined): Promise<Installation> {
  const names = await readdir(place);
  if (!names.includes(setupProgram)) throw unusable(place, 'the folder has no program "setup"');
  if (names.includes('config')) throw unusable(place, 'the folder is that of a server which was set up already', undefined, freshHint);
  const bytes = await bytesBelow(place);
  const buildInfo = await readFile(path.join(place, opendjVersionFile), 'utf8').catch(() => undefined);
  const opendj = buildInfo === undefined ? undefined : recogniseProduct('OpenDJ', versionIn(buildInfo));
  // PingDirectory's programs can be asked before it is set up.
  const said = opendj === undefined ? await saidByProgram(path.join(place, versionProgram), signal) : '';
  const product = opendj ?? recogniseProduct(said, undefined);
  if (product === undefined) throw unusable(place, 'what is there is neither OpenDJ nor PingDirectory');
  return { place, kind: 'folder', product: product.dialect.product, version: product.version, bytes };
}

async function saidByProgram(program: string, signal: AbortSignal | undefined): Promise<string> {
  const attempt = 'ask the installation for its version';
  return runTool({ attempt, program, arguments: ['--version'], signal }).then(
    ({ lines }) => lines.join(' '),
    (error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof Failure) return '';
      throw error;
    },
  );
}

async function inspectZip(place: string): Promise<Installation> {
  const root = await rootIn(place);
  const entries = await listZip(place);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const buildInfo = await readZipText(place, `${root}${opendjVersionFile}`);
  const opendj = buildInfo === undefined ? undefined : recogniseProduct('OpenDJ', versionIn(buildInfo));
  if (opendj !== undefined) return { place, kind: 'zip', product: 'OpenDJ', version: opendj.version, bytes };
  // As the vendor names it: `PingDirectory-10.3.0.0.zip`, with a folder `PingDirectory` inside.
  const ping = recogniseProduct(`PingDirectory ${path.basename(place)} ${root}`, path.basename(place));
  if (ping === undefined || !/ping/i.test(root)) throw unusable(place, 'the archive holds neither OpenDJ nor PingDirectory');
  return { place, kind: 'zip', product: 'PingDirectory', version: ping.version, bytes };
}

/** The folder inside of the archive that has the program `setup`: `opendj/`. */
async function rootIn(place: string): Promise<string> {
  const entries = await listZip(place).catch((error: unknown) => {
    throw unusable(place, `it is no zip archive that can be read: ${messageOf(error)}`, error);
  });
  const setup = entries.find(({ name }) => /^(?:[^/]+\/)?setup$/.test(name));
  if (setup === undefined) throw unusable(place, 'the archive has no program "setup"');
  return setup.name.slice(0, -setupProgram.length);
}

/** Three or four numbers; what follows them names the revision. */
function versionIn(buildInfo: string): string | undefined {
  return /^\d+\.\d+\.\d+/.exec(buildInfo.trim())?.[0];
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
  let bytes = 0;
  for (const entry of entries) bytes += (await stat(path.join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  return bytes;
}

const freshHint = 'name the product as it is published, before its setup: the folder that was unpacked, or the zip archive itself';

function unusable(place: string, state: string, cause?: unknown, hint = freshHint): Failure {
  return new Failure('E_INSTALLATION', `Cannot make a server from ${place}: ${state}`, { hint, cause });
}

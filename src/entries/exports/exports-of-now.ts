import { open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { ByteRange, RangeContent } from '../../foundation/byte-ranges.ts';
import type { DirectoryServer } from '../../directory-servers/directory-server.ts';
import { textBytes } from '../../domain/byte-text.ts';
import { buildEntryIndex } from '../../domain/entry-index.ts';
import { isAtOrBelow, normalDn } from '../../domain/dn.ts';
import { ldifLine } from '../../domain/encode-ldif.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { makeRunFolder, makeSharedFolder, type RunFolder, type Staging } from '../../staging/staging.ts';
import type { BlockCache } from './block-cache.ts';
import { ExportedEntries, type ExportFile } from './exported-entries.ts';

export interface NowRequest {
  readonly server: Pick<DirectoryServer, 'exportLdif' | 'findEntries'>;
  readonly staging: Staging;
  /** The name that the archive keeps the server under. */
  readonly serverName: string;
  /** The backends that are looked at, and their base DNs. */
  readonly backends: readonly { readonly backend: string; readonly baseDns: readonly string[] }[];
  /** Only what is at and below it. */
  readonly baseDn?: string | undefined;
  readonly cache: BlockCache;
}

/**
 * Hands `work` the entries of the running server as they are now, in the form of exports. All of a backend is exported by the server itself, a part of it is read over
 * LDAP. They lie in the staging folder until `work` has ended, whichever way.
 *
 * @throws Failure of the server's export task, of its search, or of the staging folder
 */
export async function withExportsOfNow<Result>(
  request: NowRequest,
  work: (exports: readonly ExportedEntries[]) => Promise<Result>,
  options: OperationContext,
): Promise<Result> {
  const { staging, serverName, backends } = request;
  const run = await makeRunFolder(staging, serverName, `now-${process.pid}`);
  const opened: FileHandle[] = [];
  try {
    const exports: ExportedEntries[] = [];
    for (const { backend, baseDns } of backends) {
      const file = await (request.baseDn === undefined ? exportWhole : readPart)({ ...request, backend, baseDns, run }, options);
      const handle = await open(file);
      opened.push(handle);
      exports.push(await indexed({ handle, file, backend, baseDns, cache: request.cache }, options));
    }
    return await work(exports);
  } finally {
    for (const handle of opened) await handle.close();
    await rm(run.folder, { recursive: true, force: true });
  }
}

interface BackendOfNow extends NowRequest {
  readonly backend: string;
  readonly baseDns: readonly string[];
  readonly run: RunFolder;
}

async function exportWhole({ server, backend, run }: BackendOfNow, options: OperationContext): Promise<string> {
  const folder = await makeSharedFolder(run, 'export');
  const name = `${backend}.ldif`;
  await server.exportLdif({ backend, ldifFile: path.posix.join(folder.serverFolder, name) }, options);
  return path.join(folder.folder, name);
}

async function readPart({ server, backend, baseDns, baseDn = '', run }: BackendOfNow, options: OperationContext): Promise<string> {
  const file = path.join(run.folder, `${backend}.ldif`);
  await writeFile(file, '', { mode: 0o600 });
  const base = normalDn(baseDn);
  const isOfBackend = baseDns.some((one) => isAtOrBelow(base, normalDn(one)));
  if (!isOfBackend) return file;
  for await (const entries of server.findEntries({ baseDn, scope: 'sub' }, options)) {
    await writeFile(file, entries.map(encoded).join(''), { flag: 'a' });
  }
  return file;
}

interface LocalExport {
  readonly handle: FileHandle;
  readonly file: string;
  readonly backend: string;
  readonly baseDns: readonly string[];
  readonly cache: BlockCache;
}

async function indexed({ handle, file, backend, baseDns, cache }: LocalExport, options: OperationContext): Promise<ExportedEntries> {
  const { size } = await handle.stat();
  const source = handle.createReadStream({ start: 0, autoClose: false });
  const index = await buildEntryIndex(source, { name: file, signal: options.signal });
  const facts: ExportFile = {
    name: file,
    backend,
    baseDns,
    entries: index.entries,
    bytes: size,
    readRanges: (ranges) => readFrom(handle, ranges),
  };
  return new ExportedEntries(facts, index, cache);
}

async function* readFrom(handle: FileHandle, ranges: Iterable<ByteRange>): AsyncGenerator<RangeContent> {
  for (const range of ranges) {
    const content = Buffer.alloc(range.bytes);
    await handle.read(content, 0, range.bytes, range.at);
    yield { range, content };
  }
}

function encoded({ dn, names, values }: LdifEntry): string {
  const lines = values.map((value, index) => ldifLine(names[index] ?? '', textBytes(value)));
  return `${[ldifLine('dn', dn), ...lines].join('\n')}\n\n`;
}

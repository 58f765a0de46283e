import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { sourcesFile } from '../web/build/source-digest.ts';
import { buildWeb } from './ensure-web.ts';
import { runSteps } from './run-steps.ts';
import { root } from './run-tests.ts';

export interface BuiltPackage {
  /** Packages of which something is in the console; the program does not need them at run time. */
  readonly packagesOfConsole: readonly string[];
}

/**
 * Makes what the packed package runs, in an empty folder of this name: Node does not run TypeScript under node_modules, and one file for
 * what is always needed and one for each part that is loaded when it is asked for start in half the time of five hundred.
 * Undefined where it could not; why not is printed. The same sources make the same bytes.
 */
export async function buildInto(dist: string): Promise<BuiltPackage | undefined> {
  // As deep below the package as the sources are, whose paths to package.json it keeps.
  const program = path.join(dist, 'program');
  await rm(dist, { recursive: true, force: true });
  await mkdir(program, { recursive: true });
  const kernels = path.join(program, 'kernels.wasm');
  const hasKernels = await runSteps([
    { name: 'kernels', program: 'asc', arguments: ['--config', 'kernels/asconfig.json', '--target', 'release', '--outFile', kernels] },
  ]);
  const web = path.join(dist, 'web');
  if (!hasKernels || !(await buildWeb(web))) return undefined;
  const ofWeb = JSON.parse(await readFile(path.join(web, '.licenses.json'), 'utf8')) as readonly WebLicense[];
  await writeFile(path.join(dist, 'third-party-licenses.txt'), await licenses(await bundle(program), ofWeb));
  // They are for who builds; nobody is served them.
  for (const name of ['.licenses.json', sourcesFile]) await rm(path.join(web, name));
  return { packagesOfConsole: ofWeb.map(({ name }) => name) };
}

/** Writes the program into the folder, without what is no JavaScript. */
export async function bundle(program: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts', 'src/repository/pipeline/worker.ts'],
    outdir: program,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    metafile: true,
    logLevel: 'warning',
    plugins: [httpByRequire()],
    // Packages of the older kind ask for Node's modules by require().
    banner: { js: `import { createRequire as rootcellarRequire } from 'node:module'; const require = rootcellarRequire(import.meta.url);` },
  });
  return metafile;
}

/**
 * An `import` of `node:http` reads all that it exports, `WebSocket` among them, for which Node loads its whole fetch: a tenth of a short command's time.
 * What is required is read only where it is used.
 */
function httpByRequire(): Plugin {
  return {
    name: 'http-by-require',
    setup: (bundling) => {
      bundling.onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'node:http', namespace: 'required' }));
      const contents = `module.exports = process.getBuiltinModule('node:http');`;
      bundling.onLoad({ filter: /.*/, namespace: 'required' }, () => ({ contents }));
    },
  };
}

/** As the build of the console tells it of each package that is in it. */
interface WebLicense {
  readonly name: string;
  readonly version: string;
  readonly identifier: string | null;
  readonly text: string | null;
}

/** The licences of all packages that are in the program, and of those in the console. */
async function licenses({ inputs }: Metafile, ofWeb: readonly WebLicense[]): Promise<string> {
  const names = Object.keys(inputs).map((name) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]);
  const folders = [...new Set(names)].filter((name) => name !== undefined).toSorted();
  const texts = folders.map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    const files = (await readdir(path.join(root, folder))).filter((file) => /^(licen[cs]e|notice)/i.test(file)).toSorted();
    const bodies = await Promise.all(files.map((file) => readFile(path.join(root, folder, file), 'utf8')));
    return [`${name} ${version} (${license})`, ...bodies.map((body) => body.trim())].join('\n\n');
  });
  const web = ofWeb.map(
    ({ name, version, identifier, text }) => `${name} ${version} (${identifier ?? 'see below'})\n\n${text?.trim() ?? ''}`,
  );
  return `${[...(await Promise.all(texts)), ...web.toSorted()].join(`\n\n${'-'.repeat(72)}\n\n`)}\n`;
}

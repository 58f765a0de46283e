import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from './run-program.ts';
import { cacheFolder, cached } from './test-cache.ts';

/** A program that is built from its Go module at one pinned version. */
export interface GoModuleProgram {
  readonly name: string;
  readonly module: string;
  /** The folder of its main package below the module; empty for the module's root. */
  readonly package: string;
  readonly version: string;
  /**
   * `install` as Go installs a program by its version; `wrapper` in a module of ours that requires it, where its own go.mod keeps it from being
   * installed; `kubernetes` the same, with the published modules in place of the folders below `staging` that its go.mod names.
   */
  readonly how: 'install' | 'wrapper' | 'kubernetes';
  readonly tags?: string;
  /** From an empty cache on two cores, for the announcement. */
  readonly seconds: number;
}

/** Returns the path of the program, building it first when the cache has it not. */
export async function goProgramPath(program: GoModuleProgram): Promise<string> {
  const { name, version, how, seconds } = program;
  const folder = await cached({
    name: `${name}-${version}`,
    announcement: `building ${name} ${version} with Go (about ${seconds} s from nothing)`,
    make: (fresh) => (how === 'install' ? goInstall(fresh, program) : goBuildInWrapper(fresh, program)),
  });
  return path.join(folder, name);
}

/** As {@link goProgramPath}, but undefined where the cache has it not: nothing is built. */
export async function goProgramPathIfCached({ name, version }: Pick<GoModuleProgram, 'name' | 'version'>): Promise<string | undefined> {
  const file = path.join(cacheFolder(), `${name}-${version}`, name);
  return access(file).then(
    () => file,
    () => undefined,
  );
}

const goEnvironment = { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-buildvcs=false' };

function mainPackage({ module, package: subfolder }: GoModuleProgram): string {
  return [module, subfolder].filter(Boolean).join('/');
}

function buildFlags({ how, version, tags }: GoModuleProgram): string[] {
  const [, minor = ''] = version.split('.');
  const facts = { gitVersion: version, gitMajor: '1', gitMinor: minor, gitTreeState: 'clean', buildDate: '2026-01-01T00:00:00Z' };
  const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((of) =>
    Object.entries(facts).map(([name, value]) => `-X ${of}.${name}=${value}`),
  );
  const linking = ['-s -w', ...(how === 'kubernetes' ? stamps : [])].join(' ');
  return ['-trimpath', ...(tags === undefined ? [] : ['-tags', tags]), `-ldflags=${linking}`];
}

async function goInstall(folder: string, program: GoModuleProgram): Promise<void> {
  await runProgram('go', ['install', ...buildFlags(program), `${mainPackage(program)}@${program.version}`], {
    folder,
    environment: { ...process.env, ...goEnvironment, GOBIN: folder },
  });
  const built = program.package === '' ? path.basename(program.module) : path.basename(program.package);
  if (built !== program.name) await rename(path.join(folder, built), path.join(folder, program.name));
}

async function goBuildInWrapper(folder: string, program: GoModuleProgram): Promise<void> {
  const { name, how, module, version } = program;
  const main = mainPackage(program);
  const wrapper = path.join(folder, 'wrapper');
  const options = { folder: wrapper, environment: { ...process.env, ...goEnvironment } };
  await mkdir(wrapper);
  const goMod = how === 'kubernetes' ? await kubernetesGoMod(module, version) : await plainGoMod(module, version);
  await writeFile(path.join(wrapper, 'go.mod'), `module rootcellar/wrapper\n\n${goMod}`);
  await writeFile(path.join(wrapper, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport _ "${main}"\n`);
  await runProgram('go', ['mod', 'tidy'], options);
  await runProgram('go', ['build', '-mod=mod', ...buildFlags(program), '-o', path.join(folder, `${name}.new`), main], options);
  await rename(path.join(folder, `${name}.new`), path.join(folder, name));
}

/** With a version of the language Go looks only at the modules that are built; without one also at those that they would be tested with. */
async function plainGoMod(module: string, version: string): Promise<string> {
  const language = (await runProgram('go', ['env', 'GOVERSION'])).trim().replace(/^go/, '');
  return `go ${language}\n\nrequire ${module} ${version}\n`;
}

/** Its own go.mod replaces each k8s.io module by a folder below `staging`; published they bear the same number, as v0.MINOR.PATCH. */
async function kubernetesGoMod(module: string, version: string): Promise<string> {
  const answer = await runProgram('go', ['mod', 'download', '-json', `${module}@${version}`], {
    environment: { ...process.env, GOWORK: 'off' },
  });
  const upstream = await readFile((JSON.parse(answer) as { readonly GoMod: string }).GoMod, 'utf8');
  const published = version.replace(/^v1\./, 'v0.');
  const settings = [...upstream.matchAll(/^go .*$|^godebug \([^)]*\)|^godebug [^(\n]*$/gm)].map(([text]) => text);
  const replacements = [...upstream.matchAll(/^\s*(?:replace )?(\S+) => \.\/staging\/\S+/gm)].map(
    ([, name]) => `\t${name} => ${name} ${published}`,
  );
  return [...settings, `require ${module} ${version}`, 'replace (', ...replacements, ')', ''].join('\n');
}

import { chmod, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from './run-program.ts';
import { cached } from './test-cache.ts';

/** The OpenDJ release that the tests run. */
export const opendjVersion = '5.0.3';

/** Programs that are built from their Go modules, pinned; seconds from an empty cache on two cores. */
const goPrograms = {
  versitygw: { module: 'github.com/versity/versitygw', package: 'cmd/versitygw', version: 'v1.8.0', how: 'install', seconds: 140 },
  minio: { module: 'github.com/minio/minio', package: '', version: 'v0.0.0-20260212201848-7aac2a2c5b7c', how: 'install', seconds: 340 },
  // Its module does not let itself be installed by version everywhere; a module of ours that requires it does.
  pushgateway: { module: 'github.com/prometheus/pushgateway', package: '', version: 'v1.11.1', how: 'wrapper', seconds: 60 },
  prometheus: {
    module: 'github.com/prometheus/prometheus',
    package: 'cmd/prometheus',
    version: 'v0.316.0',
    how: 'wrapper',
    seconds: 240,
  },
  promtool: { module: 'github.com/prometheus/prometheus', package: 'cmd/promtool', version: 'v0.316.0', how: 'wrapper', seconds: 30 },
  restic: { module: 'github.com/restic/restic', package: 'cmd/restic', version: 'v0.19.1', how: 'wrapper', seconds: 160 },
} as const;

export type GoProgram = keyof typeof goPrograms;

/** Returns the path of the program, building it first when the cache has it not. */
export function programPath(name: GoProgram): Promise<string> {
  return goProgramPath({ name, ...goPrograms[name] });
}

/** A program that is built from its Go module at one pinned version. */
export interface GoModuleProgram {
  readonly name: string;
  readonly module: string;
  /** The folder of its main package below the module; empty for the module's root. */
  readonly package: string;
  readonly version: string;
  readonly how: 'install' | 'wrapper';
  /** From an empty cache on two cores, for the announcement. */
  readonly seconds: number;
}

/** As {@link programPath}, for programs that only a benchmark needs. */
export async function goProgramPath({ name, module, package: subfolder, version, how, seconds }: GoModuleProgram): Promise<string> {
  const main = [module, subfolder].filter(Boolean).join('/');
  const folder = await cached({
    name: `${name}-${version}`,
    announcement: `building ${name} ${version} with Go (about ${seconds} s from nothing)`,
    make: (fresh) => (how === 'install' ? goInstall(fresh, main, version) : goBuildInWrapper(fresh, { module, main, version, name })),
  });
  return path.join(folder, name);
}

/** Returns the folder of the unpacked OpenDJ release, the way it comes; `setup` must run in a copy. */
export async function opendjRelease(): Promise<string> {
  const folder = await cached({
    name: `opendj-${opendjVersion}`,
    announcement: `fetching OpenDJ ${opendjVersion} with Maven (84 MB, about 20 s)`,
    make: async (fresh) => {
      const artifact = `org.openidentityplatform.opendj:opendj-server-legacy:${opendjVersion}:zip`;
      const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack';
      await runProgram('mvn', ['-B', '-q', '-ntp', goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${fresh}`], { folder: fresh });
      const bin = path.join(fresh, 'opendj', 'bin');
      for (const entry of await readdir(bin, { withFileTypes: true })) if (entry.isFile()) await chmod(path.join(bin, entry.name), 0o755);
      await chmod(path.join(fresh, 'opendj', 'setup'), 0o755);
    },
  });
  return path.join(folder, 'opendj');
}

const goEnvironment = { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-buildvcs=false' };
const goFlags = ['-trimpath', '-ldflags=-s -w'];

async function goInstall(folder: string, main: string, version: string): Promise<void> {
  await runProgram('go', ['install', ...goFlags, `${main}@${version}`], {
    folder,
    environment: { ...process.env, ...goEnvironment, GOBIN: folder },
  });
}

interface WrappedProgram {
  readonly module: string;
  readonly main: string;
  readonly version: string;
  readonly name: string;
}

async function goBuildInWrapper(folder: string, { module, main, version, name }: WrappedProgram): Promise<void> {
  const wrapper = path.join(folder, 'wrapper');
  const options = { folder: wrapper, environment: { ...process.env, ...goEnvironment } };
  await mkdir(wrapper);
  await writeFile(path.join(wrapper, 'go.mod'), `module rootcellar/wrapper\n\nrequire ${module} ${version}\n`);
  await writeFile(path.join(wrapper, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport _ "${main}"\n`);
  await runProgram('go', ['mod', 'tidy'], options);
  await runProgram('go', ['build', '-mod=mod', ...goFlags, '-o', path.join(folder, `${name}.new`), main], options);
  await rename(path.join(folder, `${name}.new`), path.join(folder, name));
}

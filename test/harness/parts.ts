import { chmod, readdir } from 'node:fs/promises';
import path from 'node:path';
import { goProgramPath, goProgramPathIfCached } from './go-program.ts';
import { runProgram } from './run-program.ts';
import { cached } from './test-cache.ts';

/** The OpenDJ release that the tests run. */
export const opendjVersion = '5.0.3';

/** Without its clients of clouds, in which no test looks for anything: they take most of the build. */
const prometheusModule = { module: 'github.com/prometheus/prometheus', version: 'v0.315.1', tags: 'remove_all_sd' } as const;

/** Programs that are built from their Go modules, pinned; seconds from an empty cache on two cores. */
const goPrograms = {
  versitygw: { module: 'github.com/versity/versitygw', package: 'cmd/versitygw', version: 'v1.8.0', how: 'install', seconds: 140 },
  minio: { module: 'github.com/minio/minio', package: '', version: 'v0.0.0-20260212201848-7aac2a2c5b7c', how: 'install', seconds: 340 },
  // These modules do not let themselves be installed by version everywhere; a module of ours that requires them does.
  pushgateway: { module: 'github.com/prometheus/pushgateway', package: '', version: 'v1.11.1', how: 'wrapper', seconds: 60 },
  prometheus: { ...prometheusModule, package: 'cmd/prometheus', how: 'wrapper', seconds: 150 },
  restic: { module: 'github.com/restic/restic', package: 'cmd/restic', version: 'v0.19.1', how: 'wrapper', seconds: 160 },
  helm: { module: 'helm.sh/helm/v3', package: 'cmd/helm', version: 'v3.22.0', how: 'install', seconds: 220 },
  helm4: { module: 'helm.sh/helm/v4', package: 'cmd/helm', version: 'v4.3.1', how: 'wrapper', seconds: 185 },
  promtool: { ...prometheusModule, package: 'cmd/promtool', how: 'wrapper', seconds: 120 },
  kubeconform: { module: 'github.com/yannh/kubeconform', package: 'cmd/kubeconform', version: 'v0.8.0', how: 'install', seconds: 4 },
} as const;

export type GoProgram = keyof typeof goPrograms;

/** Returns the path of the program, building it first when the cache has it not. */
export function programPath(name: GoProgram): Promise<string> {
  return goProgramPath({ name, ...goPrograms[name] });
}

/** As {@link programPath}, but undefined where the cache has it not. */
export function programPathIfCached(name: GoProgram): Promise<string | undefined> {
  return goProgramPathIfCached({ name, ...goPrograms[name] });
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

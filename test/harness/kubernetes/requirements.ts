import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../run-program.ts';

/** What a cluster needs of the system, and the Debian package that has it. */
const systemPrograms = {
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
  nsenter: 'util-linux',
  busybox: 'busybox-static',
  go: 'golang',
} as const;

/**
 * Why no cluster can be started on this machine, as a sentence; undefined when one can. What Debian has and is missing is installed first.
 */
export async function whyNoCluster(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `Cannot start a Kubernetes: it needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'Cannot start a Kubernetes: it makes network namespaces and mounts, which takes root';
  let missing = await missingPrograms();
  const packages = missing.filter((name) => name !== 'go').map((name) => systemPrograms[name]);
  if (packages.length > 0 && (await programFile('apt-get')) !== undefined) {
    console.error(`rootcellar: installing ${packages.join(', ')} with apt-get`);
    await runProgram('apt-get', ['install', '--yes', '--no-install-recommends', ...packages]).catch((error: unknown) =>
      console.error(error),
    );
    missing = await missingPrograms();
  }
  if (missing.length === 0) return undefined;
  return `Cannot start a Kubernetes: not installed: ${missing.join(', ')} (packages ${missing.map((name) => systemPrograms[name]).join(', ')})`;
}

/** The file of a program that the system has. Throws when it has none. */
export async function systemProgram(name: keyof typeof systemPrograms): Promise<string> {
  const file = await programFile(name);
  if (file === undefined) throw new Error(`Cannot start a Kubernetes: not installed: ${name} (package ${systemPrograms[name]})`);
  return file;
}

async function missingPrograms(): Promise<readonly (keyof typeof systemPrograms)[]> {
  const names = Object.keys(systemPrograms) as (keyof typeof systemPrograms)[];
  const files = await Promise.all(names.map(programFile));
  return names.filter((_, index) => files[index] === undefined);
}

async function programFile(name: string): Promise<string | undefined> {
  for (const folder of [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin']) {
    const file = path.join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

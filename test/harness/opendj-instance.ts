import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { opendjSetup } from './opendj-template.ts';

/** The ports that every instance listens on. */
export interface InstancePorts {
  readonly ldap: number;
  readonly ldaps: number;
  readonly admin: number;
}

/** Copies what differs between instances, and links what is the same in all. */
export async function copyInstance(template: string, folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of ['config', 'db', 'classes', 'bin', 'changelogDb'])
    await cp(path.join(template, name), path.join(folder, name), { recursive: true });
  for (const name of ['lib', 'template']) await symlink(path.join(template, name), path.join(folder, name));
  for (const name of ['logs', 'locks', 'tmp', 'bak', 'ldif', 'import-tmp']) await mkdir(path.join(folder, name));
}

/** Rewrites a file of a stopped instance's `config` folder. */
export async function changeConfig(folder: string, name: string, change: (text: string) => string): Promise<void> {
  const file = path.join(folder, 'config', name);
  await writeFile(file, change(await readFile(file, 'utf8')), { mode: 0o600 });
}

/** The configuration of the model with these ports in place of its own. */
export function withPorts(config: string, ports: InstancePorts): string {
  let changed = config;
  for (const kind of ['ldap', 'ldaps', 'admin'] as const) {
    changed = changed.replaceAll(`ds-cfg-listen-port: ${opendjSetup.ports[kind]}\n`, `ds-cfg-listen-port: ${ports[kind]}\n`);
  }
  return changed;
}

import { realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { InstancePorts } from './opendj-instance.ts';
import { fastJvmOptions } from './opendj-template.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export interface JvmOptions {
  /** As the JVM has it; `512m` unless told. */
  readonly heap?: string | undefined;
  /** Of the JVM, beside its own. */
  readonly more: readonly string[];
}

/**
 * What `bin/start-ds --nodetach` runs in the end, without the two JVMs that it starts before: seconds faster, and the process is ours. The libraries stand on the class
 * path where they really are, the same for every instance: an archive of classes is for one class path.
 */
export async function startOpendjJvm(folder: string, ports: InstancePorts, { heap = '512m', more }: JvmOptions): Promise<ServerProcess> {
  const server = await startServerProcess({
    program: 'java',
    arguments: [
      ...fastJvmOptions,
      ...more,
      `-Xmx${heap}`,
      `-Djava.io.tmpdir=${path.join(folder, 'tmp')}`,
      '--add-exports=java.base/sun.security.x509=ALL-UNNAMED',
      '--add-exports=java.base/sun.security.tools.keytool=ALL-UNNAMED',
      '--add-opens=java.base/jdk.internal.loader=ALL-UNNAMED',
      '-Dorg.opends.server.scriptName=start-ds',
      '-cp',
      path.join(await realpath(path.join(folder, 'lib')), '*'),
      'org.opends.server.core.DirectoryServer',
      '--configFile',
      path.join(folder, 'config/config.ldif'),
      '--nodetach',
    ],
    environment: { INSTALL_ROOT: folder, INSTANCE_ROOT: folder, HOME: folder },
    folder,
    // It says so before its connection handlers listen.
    ready: { line: /The Directory Server has started successfully/, ports: [ports.ldap, ports.ldaps, ports.admin] },
    deadline: 120_000,
  });
  await writeFile(path.join(folder, 'logs/server.pid'), `${server.pid}\n`);
  return server;
}

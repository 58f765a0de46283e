import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './free-port.ts';
import { changeConfig, copyInstance, withPorts } from './opendj-instance.ts';
import { startOpendjJvm } from './opendj-jvm.ts';
import { opendjTemplate } from './opendj-template.ts';
import { opendjVersion } from './parts.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { cached } from './test-cache.ts';

const quiet = ['-Xlog:cds=off', '-Xlog:cds+dynamic=off'];

/**
 * JVM options for a server with an archive of the classes that it loads (JEP 350), which is made once per cache and Java by starting one: a start takes a good half of the
 * processor time that it takes without. A JVM that cannot use the archive goes on without it.
 */
export async function classArchiveOptions(): Promise<readonly string[]> {
  const recipe = createHash('sha256')
    .update(await readFile(path.join(import.meta.dirname, 'opendj-jvm.ts')))
    .update(await javaInUse())
    .digest('hex');
  const folder = await cached({
    name: `opendj-${opendjVersion}-classes-${recipe.slice(0, 10)}`,
    announcement: 'keeping the classes of OpenDJ for faster starts (about 15 s)',
    make: (fresh) => makeArchive(path.join(fresh, 'classes.jsa')),
  });
  const archive = path.join(folder, 'classes.jsa');
  // No JVM must make one.
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, ...quiet] : [];
}

/** Another Java makes another archive. */
async function javaInUse(): Promise<string> {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const program = path.join(folder, 'java');
    try {
      await access(program, constants.X_OK);
      const real = await realpath(program);
      return `${real} ${(await stat(real)).mtimeMs}`;
    } catch {
      // It is looked for in the next one.
    }
  }
  return 'none';
}

async function makeArchive(file: string): Promise<void> {
  const home = await temporaryFolder('opendj-classes');
  try {
    const folder = path.join(home.path, 'opendj');
    const [ldap = 0, ldaps = 0, admin = 0] = await freePorts(3);
    const ports = { ldap, ldaps, admin };
    await copyInstance(await opendjTemplate(50), folder);
    await changeConfig(folder, 'config.ldif', (config) => withPorts(config, ports));
    const server = await startOpendjJvm(folder, ports, { more: [`-XX:ArchiveClassesAtExit=${file}`, ...quiet] });
    // It is written at the very end, and must not be cut off.
    process.kill(server.pid, 'SIGTERM');
    for (let waited = 0; server.isRunning() && waited < 120; waited += 1) await delay(1000);
    await server.kill();
  } finally {
    await home.remove();
  }
}

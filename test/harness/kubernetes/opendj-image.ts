import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeOciArchive } from '../../../tools/image/oci-archive.ts';
import { changeConfig } from '../opendj-instance.ts';
import { fastJvmOptions } from '../opendj-template.ts';
import { opendjRelease, opendjVersion } from '../parts.ts';
import { runProgram } from '../run-program.ts';
import { cached } from '../test-cache.ts';
import { type TopologyTemplate, topologyTemplate } from '../topology-template.ts';
import { putBusybox } from './busybox-image.ts';
import { putJava } from './java-runtime.ts';

/**
 * An image with two OpenDJ servers that replicate `dc=example,dc=com` with each other: in a StatefulSet with a headless service the pod of
 * ordinal 0 is the first, that of ordinal 1 the second. Both listen on {@link opendjPodPorts}, and have their instance in
 * `/opt/out/instance`, made at the first start; `/opt/out/rootcellar` is there for backups. Whoever runs it has group 0.
 */
export const opendjImageName = `localhost/rootcellar-test/opendj:${opendjVersion}`;

export const opendjPodPorts = { ldap: 1389, ldaps: 1636, admin: 4444, replication: 8989 } as const;

export interface OpendjImage {
  /** The OCI archive. */
  readonly file: string;
  /** Verifies the TLS of both servers by the names `localhost`, `*.ds.directory.svc.cluster.local` and 127.0.0.1. */
  readonly caPem: string;
}

/** The namespace and the headless service that the servers' certificate is for. */
export const opendjPlace = { namespace: 'directory', service: 'ds' } as const;

/** Makes the image, once per cache. */
export async function opendjImage(people = 50): Promise<OpendjImage> {
  // The recipe are these files and the model: a change of one makes a new image.
  const recipe = createHash('sha256');
  for (const name of ['opendj-image.ts', 'java-runtime.ts', 'busybox-image.ts'])
    recipe.update(await readFile(path.join(import.meta.dirname, name)));
  const template = await topologyTemplate(2, people);
  recipe.update(template.folders.join());
  const folder = await cached({
    name: `image-opendj-${opendjVersion}-people-${people}-${recipe.digest('hex').slice(0, 10)}`,
    announcement: 'making an image of two OpenDJ servers that replicate (about 20 s)',
    make: (fresh) => make(fresh, template),
  });
  return { file: path.join(folder, 'image.tar'), caPem: await readFile(path.join(folder, 'server.pem'), 'utf8') };
}

async function make(fresh: string, template: TopologyTemplate): Promise<void> {
  const root = path.join(fresh, 'root');
  const at = (...names: string[]): string => path.join(root, ...names);
  await putBusybox(root);
  await putJava(root, '/opt/java');
  const release = await opendjRelease();
  for (const name of ['lib', 'template']) await cp(path.join(release, name), at('opt/opendj', name), { recursive: true });
  await makeCertificate(fresh);
  for (const [index, model] of template.folders.entries()) await putModel(at('opt/opendj/models', `${index}`), model, template, fresh);
  await mkdir(at('opt/out'), { recursive: true });
  await writeFile(at('opt/opendj/start'), startScript);
  await shareWithGroup(root);
  await writeOciArchive(path.join(fresh, 'image.tar'), {
    name: opendjImageName,
    folder: root,
    epochSeconds: 0,
    user: '9031:0',
    entrypoint: ['/bin/sh', '/opt/opendj/start'],
    command: [],
    environment: { PATH: '/bin:/opt/out/instance/bin', OPENDJ_JAVA_BIN: '/opt/java/bin/java', HOME: '/opt/out' },
    labels: {},
    workingFolder: '/',
  });
  for (const rest of ['root', 'keystore', 'truststore']) await rm(path.join(fresh, rest), { recursive: true });
}

/** What the model says of `localhost` and its own ports, said of pods; the set and the domain are put in when a pod starts. */
async function putModel(target: string, model: string, { ports }: TopologyTemplate, certificate: string): Promise<void> {
  for (const name of ['config', 'db', 'classes', 'bin', 'changelogDb'])
    await cp(path.join(model, name), path.join(target, name), { recursive: true });
  for (const name of ['lib', 'template']) await symlink(`/opt/opendj/${name}`, path.join(target, name));
  for (const name of ['logs', 'locks', 'tmp', 'bak', 'ldif', 'import-tmp']) {
    await mkdir(path.join(target, name));
    // An empty folder would not be there in every kind of archive.
    await writeFile(path.join(target, name, '.keep'), '');
  }
  const hosts = new Map(
    ports.flatMap(({ admin, replication }, index) => [admin, replication].map((port) => [port, podName(index)] as const)),
  );
  const kinds = ['ldap', 'ldaps', 'admin', 'replication'] as const;
  const numbers = new Map(ports.flatMap((own) => kinds.map((kind) => [own[kind], opendjPodPorts[kind]] as const)));
  const inPods = (text: string): string =>
    text
      .replaceAll(/localhost:(\d+)/g, (whole, port: string) => {
        const host = hosts.get(Number(port));
        return host === undefined ? whole : `${host}:${port}`;
      })
      .replaceAll(/(?<=[: ])\d{4,5}\b/g, (port) => String(numbers.get(Number(port)) ?? port))
      .replaceAll('ds-cfg-listen-address: 127.0.0.1', 'ds-cfg-listen-address: 0.0.0.0');
  await changeConfig(target, 'config.ldif', inPods);
  await changeConfig(target, 'admin-backend.ldif', (text) => withHostNames(inPods(text)));
  const config = path.join(target, 'config');
  for (const name of ['config.ldif.startok', 'admin-backend.ldif.old']) await rm(path.join(config, name), { force: true });
  for (const store of ['keystore', 'truststore']) {
    await cp(path.join(certificate, store), path.join(config, store));
    await cp(path.join(certificate, store), path.join(config, `admin-${store}`));
  }
  await cp(path.join(certificate, 'server.pem'), path.join(config, 'server.pem'));
  for (const name of ['keystore.pin', 'admin-keystore.pin']) await writeFile(path.join(config, name), `${pin}\n`);
}

function podName(index: number): string {
  return `@SET@-${index}.@DOMAIN@`;
}

/** Each server's entry names its host once more, by itself. */
function withHostNames(text: string): string {
  return text.replaceAll(/dn: cn=(@SET@-\d\.@DOMAIN@):[\s\S]*?\n\n/g, (entry, host: string) =>
    entry.replace('hostname: localhost', `hostname: ${host}`),
  );
}

const pin = 'Pin-0nly-for-tests';

/** Makes `keystore` with a key for both aliases under which the server looks, `truststore` and `server.pem`. */
async function makeCertificate(folder: string): Promise<void> {
  const { namespace, service } = opendjPlace;
  const domain = `${service}.${namespace}.svc.cluster.local`;
  const names = ['localhost', `*.${domain}`, domain, `${service}.${namespace}.svc`].map((name) => `dns:${name}`);
  const keytool = (verb: string, store: string, ...more: string[]): Promise<string> =>
    runProgram('keytool', [verb, '-keystore', store, '-storetype', 'JKS', '-storepass', pin, '-noprompt', ...more], { folder });
  const subject = ['-dname', 'CN=localhost,O=rootcellar test', '-ext', `san=${[...names, 'ip:127.0.0.1'].join(',')}`, '-ext', 'bc=ca:true'];
  const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-keypass', pin, '-startdate', '-1d', '-validity', '3650'];
  await keytool('-genkeypair', 'keystore', '-alias', 'server-cert', ...key, ...subject);
  await keytool('-exportcert', 'keystore', '-alias', 'server-cert', '-rfc', '-file', 'server.pem');
  await keytool('-importcert', 'truststore', '-alias', 'server-cert', '-file', 'server.pem');
  const from = ['-srckeystore', 'keystore', '-srcstorepass', pin, '-srcalias', 'server-cert', '-srckeypass', pin];
  await runProgram(
    'keytool',
    [
      '-importkeystore',
      '-noprompt',
      ...from,
      '-destkeystore',
      'keystore',
      '-deststoretype',
      'JKS',
      '-deststorepass',
      pin,
      '-destalias',
      'admin-cert',
      '-destkeypass',
      pin,
    ],
    { folder },
  );
}

/** The instance is made at the first start and found at later ones; the server is what the container runs. */
const startScript = `set -eu
instance=/opt/out/instance
name=$(hostname)
domain=$(hostname -f)
domain=\${domain#*.}
umask 007
mkdir -p /opt/out/rootcellar
if [ ! -d "$instance" ]; then
  rm -rf "$instance.new"
  cp -R "/opt/opendj/models/\${name##*-}" "$instance.new"
  for file in config.ldif admin-backend.ldif; do
    sed -i -e "s/@SET@/\${name%-*}/g" -e "s/@DOMAIN@/$domain/g" "$instance.new/config/$file"
  done
  mv "$instance.new" "$instance"
fi
rm -f "$instance"/locks/* "$instance/logs/server.pid"
export INSTALL_ROOT=$instance INSTANCE_ROOT=$instance
cd "$instance"
exec /opt/java/bin/java ${fastJvmOptions.join(' ')} -Xmx\${HEAP:-256m} -Djava.io.tmpdir="$instance/tmp" \\
  --add-exports=java.base/sun.security.x509=ALL-UNNAMED --add-exports=java.base/sun.security.tools.keytool=ALL-UNNAMED \\
  --add-opens=java.base/jdk.internal.loader=ALL-UNNAMED -Dorg.opends.server.scriptName=start-ds \\
  -cp "$instance/classes:$instance/lib/*" org.opends.server.core.DirectoryServer --configFile "$instance/config/config.ldif" --nodetach
`;

/** What root may, group 0 may too. */
async function shareWithGroup(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { mode } = await stat(file);
    await chmod(file, (mode & 0o7707) | ((mode & 0o700) >> 3) | (entry.isDirectory() ? 0o5 : 0));
  }
}

import { createHash } from 'node:crypto';
import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { opendjRelease, opendjVersion } from './parts.ts';
import { runProgram } from './run-program.ts';
import { cached } from './test-cache.ts';

/** What every instance of the tests has in common. */
export const opendjSetup = {
  baseDn: 'dc=example,dc=com',
  bindDn: 'cn=Directory Manager',
  /** Unlike anything else, so that a test can search outputs and files for it. */
  password: 'Manager-0nly-knows-Qx7',
  /** Nobody listens here: each instance gets free ports instead. */
  ports: { ldap: 1389, ldaps: 1636, admin: 4444 },
} as const;

/** JVM options that make a short life short; not for measurements. */
export const fastJvmOptions = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'] as const;

/**
 * Returns the folder of a finished instance with `people` entries below `ou=People,dc=example,dc=com` (and three more: the base,
 * ou=People, ou=Groups), made once per cache. Its certificate is for localhost and 127.0.0.1, and lies in `config/server.pem`.
 * It is a model: instances are copies of it, nobody starts it.
 */
export async function opendjTemplate(people: number): Promise<string> {
  // The recipe is this file: a change of it makes a new template.
  const recipe = createHash('sha256')
    .update(await readFile(import.meta.filename))
    .digest('hex');
  const release = await opendjRelease();
  const folder = await cached({
    name: `opendj-${opendjVersion}-people-${people}-${recipe.slice(0, 10)}`,
    announcement: `setting up a model OpenDJ with ${people} people (about ${20 + Math.ceil(people / 500)} s)`,
    make: (fresh) => makeTemplate(path.join(fresh, 'opendj'), release, people),
  });
  return path.join(folder, 'opendj');
}

async function makeTemplate(instance: string, release: string, people: number): Promise<void> {
  await cp(release, instance, { recursive: true });
  // `setup` has no option for the address to listen on, but copies these files.
  await edit(path.join(instance, 'template/config/config.ldif'), (text) =>
    text.replaceAll('ds-cfg-listen-address: 0.0.0.0', 'ds-cfg-listen-address: 127.0.0.1'),
  );
  await edit(path.join(instance, 'template/config/java.properties'), (text) =>
    text.replaceAll(/^(default|[a-z.-]+)\.java-args=.*$/gm, `$1.java-args=${fastJvmOptions.join(' ')}`),
  );
  const passwordFile = path.join(instance, 'config-password');
  await writeFile(passwordFile, opendjSetup.password, { mode: 0o600 });
  await runProgram(path.join(instance, 'setup'), setupArguments(passwordFile), { folder: instance });
  await rm(passwordFile);
  await makeCertificate(instance, '-1d', 3650);
  if (people > 0) await importPeople(instance, people);
  await shareLibraries(instance, release);
}

function setupArguments(passwordFile: string): string[] {
  const { ports, bindDn, baseDn } = opendjSetup;
  const flags = '--cli --no-prompt --acceptLicense --noPropertiesFile --doNotStart --quiet --skipPortCheck --enableStartTLS --addBaseEntry';
  const values = {
    hostname: 'localhost',
    ldapPort: `${ports.ldap}`,
    ldapsPort: `${ports.ldaps}`,
    adminConnectorPort: `${ports.admin}`,
    rootUserDN: bindDn,
    rootUserPasswordFile: passwordFile,
    baseDN: baseDn,
    backendType: 'je',
  };
  return [
    ...flags.split(' '),
    '--generateSelfSignedCertificate',
    ...Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]),
  ];
}

/**
 * Gives the instance a new self-signed certificate for localhost and 127.0.0.1, on all its TLS ports. `setup` makes one
 * without subject alternative names, which no verifying client accepts.
 *
 * @param begin when it begins to be valid, as keytool has it: `-1d` is yesterday
 * @param days how long it is valid; a certificate that began more than so many days ago has expired
 */
export async function makeCertificate(instance: string, begin: string, days: number): Promise<void> {
  const config = path.join(instance, 'config');
  const pin = (await readFile(path.join(config, 'keystore.pin'), 'utf8')).trim();
  await writeFile(path.join(config, 'admin-keystore.pin'), `${pin}\n`, { mode: 0o600 });
  for (const name of ['keystore', 'truststore', 'admin-keystore', 'admin-truststore']) await rm(path.join(config, name), { force: true });
  const keytool = (verb: string, store: string, ...more: string[]): Promise<string> =>
    // A file for the pin, because everybody may read the arguments of a process.
    runProgram('keytool', [verb, '-keystore', store, '-storetype', 'JKS', '-storepass:file', 'keystore.pin', '-noprompt', ...more], {
      folder: config,
    });
  const name = ['-dname', 'CN=localhost,O=rootcellar test', '-ext', 'san=dns:localhost,ip:127.0.0.1', '-ext', 'bc=ca:true'];
  const dates = ['-startdate', begin, '-validity', `${days}`];
  await keytool(
    '-genkeypair',
    'keystore',
    '-alias',
    'server-cert',
    '-keyalg',
    'EC',
    '-groupname',
    'secp256r1',
    ...name,
    ...dates,
    '-keypass:file',
    'keystore.pin',
  );
  await keytool('-exportcert', 'keystore', '-alias', 'server-cert', '-rfc', '-file', 'server.pem');
  await keytool('-importcert', 'truststore', '-alias', 'server-cert', '-file', 'server.pem');
  await cp(path.join(config, 'truststore'), path.join(config, 'admin-truststore'));
  await cp(path.join(config, 'keystore'), path.join(config, 'admin-keystore'));
  await keytool('-changealias', 'admin-keystore', '-alias', 'server-cert', '-destalias', 'admin-cert');
}

async function importPeople(instance: string, people: number): Promise<void> {
  const template = path.join(instance, 'people.template');
  await writeFile(template, peopleTemplate(people));
  const importing = ['--offline', '--noPropertiesFile', '-n', 'userRoot', '-A', template, '-s', '1'];
  const output = await runProgram(path.join(instance, 'bin/import-ldif'), importing, { folder: instance });
  if (!/rejected 0/.test(output)) throw new Error(`The import rejected entries:\n${output.slice(-3000)}`);
}

function peopleTemplate(people: number): string {
  return `define suffix=${opendjSetup.baseDn}
define maildomain=example.com

branch: [suffix]
objectClass: top
objectClass: domain

branch: ou=People,[suffix]
objectClass: top
objectClass: organizationalUnit
subordinateTemplate: person:${people}

branch: ou=Groups,[suffix]
objectClass: top
objectClass: organizationalUnit

template: person
rdnAttr: uid
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: inetOrgPerson
givenName: <first>
sn: <last>
cn: {givenName} {sn}
employeeNumber: <sequential:0>
uid: user.{employeeNumber}
mail: {uid}@[maildomain]
userPassword: password
telephoneNumber: <random:telephone>
mobile: <random:telephone>
street: <random:numeric:5> <file:streets> Street
l: <file:cities>
postalCode: <random:numeric:5>
description: This is the description for {cn}.
description: <random:base64:160>

`;
}

/** The libraries are 87 MB and the same in every instance: a link to the release's. */
async function shareLibraries(instance: string, release: string): Promise<void> {
  for (const folder of ['lib', 'template']) {
    await rm(path.join(instance, folder), { recursive: true });
    await symlink(path.join(release, folder), path.join(instance, folder));
  }
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

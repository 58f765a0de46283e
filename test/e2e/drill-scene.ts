import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Attribute, Change, type Client } from 'ldapts';
import { passwordFile } from '../harness/archive-password.ts';
import { startOpendj } from '../harness/opendj.ts';
import { opendjRelease } from '../harness/parts.ts';
import { type RootcellarResult, type RunningRootcellar, runRootcellar, spawnRootcellar } from '../harness/rootcellar.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

/** An archive with a snapshot of a directory that has more than the usual, and nothing of the server that it came from is left running. */
export interface DrillScene extends AsyncDisposable {
  readonly folder: string;
  readonly archive: string;
  /** Below it drills work. */
  readonly drills: string;
  /** The product as it is published, unpacked. */
  readonly installation: string;
  readonly environment: Readonly<Record<string, string>>;
  run(words: readonly string[], expected: number, change?: Readonly<Record<string, string>>): Promise<RootcellarResult>;
  spawn(words: readonly string[], change?: Readonly<Record<string, string>>): RunningRootcellar;
}

export const secondBaseDn = 'dc=partners,dc=org';

export async function setDrillScene(): Promise<DrillScene> {
  const home = await temporaryFolder('drill');
  const file = (name: string): string => path.join(home.path, name);
  const installation = await opendjRelease();
  const environment = {
    ROOTCELLAR_ARCHIVE: file('archive'),
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_DRILL_INSTALLATION: installation,
    ROOTCELLAR_DRILL_FOLDER: file('drills'),
    // The test's own Java options: a short life, little memory.
    ROOTCELLAR_DRILL_HEAP: '256MiB',
  };
  const run: DrillScene['run'] = async (words, expected, change = {}) => {
    const result = await runRootcellar(words, { env: { ...environment, ...change }, cwd: home.path });
    assert.equal(result.exitCode, expected, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
    return result;
  };
  await backUpOnce(run, file('staging'));
  return {
    folder: home.path,
    archive: file('archive'),
    drills: file('drills'),
    installation,
    environment,
    run,
    spawn: (words, change = {}) => spawnRootcellar(words, { env: { ...environment, ...change }, cwd: home.path }),
    [Symbol.asyncDispose]: () => home.remove(),
  };
}

async function backUpOnce(run: DrillScene['run'], staging: string): Promise<void> {
  await using directory = await startOpendj({ people: 50 });
  await run(['init'], 0);
  const client = await directory.connect();
  try {
    await furnish(client, directory.baseDn);
  } finally {
    await client.unbind();
  }
  await run(['backup'], 0, {
    ROOTCELLAR_STAGING_FOLDER: staging,
    ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
    ROOTCELLAR_SERVER_NAME: 'ds-0',
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
  });
}

/** A schema of its own, a second backend with an index on it, and entries that need both. */
export async function furnish(client: Client, baseDn: string): Promise<void> {
  const schema = (type: string, value: string): Change =>
    new Change({ operation: 'add', modification: new Attribute({ type, values: [value] }) });
  await client.modify('cn=schema', [
    schema('attributeTypes', "( 1.3.6.1.4.1.99999.1 NAME 'exBadge' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"),
    schema('objectClasses', "( 1.3.6.1.4.1.99999.2 NAME 'exBadged' SUP top AUXILIARY MAY exBadge )"),
  ]);
  const backend = 'ds-cfg-backend-id=partners,cn=Backends,cn=config';
  await client.add(backend, {
    objectClass: ['top', 'ds-cfg-backend', 'ds-cfg-local-backend', 'ds-cfg-pluggable-backend', 'ds-cfg-je-backend'],
    'ds-cfg-java-class': 'org.opends.server.backends.jeb.JEBackend',
    'ds-cfg-base-dn': secondBaseDn,
    'ds-cfg-db-directory': 'db',
    'ds-cfg-enabled': 'TRUE',
    'ds-cfg-writability-mode': 'enabled',
  });
  await client.add(`cn=Index,${backend}`, { objectClass: ['top', 'ds-cfg-branch'] });
  await client.add(`ds-cfg-attribute=exBadge,cn=Index,${backend}`, {
    objectClass: ['top', 'ds-cfg-backend-index'],
    'ds-cfg-attribute': 'exBadge',
    'ds-cfg-index-type': 'equality',
  });
  await client.add(secondBaseDn, { objectClass: ['top', 'domain'], dc: 'partners' });
  for (const name of ['one', 'two']) {
    await client.add(`ou=${name},${secondBaseDn}`, {
      objectClass: ['top', 'organizationalUnit', 'exBadged'],
      ou: name,
      exBadge: `badge ${name}`,
    });
  }
  await client.modify(`uid=user.0,ou=People,${baseDn}`, [
    new Change({ operation: 'add', modification: new Attribute({ type: 'objectClass', values: ['exBadged'] }) }),
    new Change({ operation: 'add', modification: new Attribute({ type: 'exBadge', values: ['gold'] }) }),
  ]);
}

/** Processes that work for a folder below `parent`. */
export function processesBelow(parent: string): Promise<readonly number[]> {
  return processesWith((value) => value.startsWith(`${parent}/`));
}

/** Processes that work for this folder. */
export function processesOf(folder: string): Promise<readonly number[]> {
  return processesWith((value) => value === folder);
}

async function processesWith(isOne: (value: string) => boolean): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    const [, value] = /(?:^|\0)ROOTCELLAR_SCRATCH_FOLDER=([^\0]*)/.exec(environment) ?? [];
    if (value !== undefined && isOne(value)) found.push(Number(name));
  }
  return found;
}

import path from 'node:path';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { archivePassword, passwordFile } from './archive-password.ts';
import { saveExportedSet } from './exported-set.ts';
import { realClock } from './real-clock.ts';
import { repositoryArchive } from './repository-archive.ts';

/**
 * Makes an archive in a folder below `home` with one snapshot, whose export has so many people, `uid=user.0,ou=People,dc=example,dc=com` and so on, of 130
 * bytes each. Returns what `rootcellar` reads to work on it.
 */
export async function archiveOfEntries(home: string, people: number): Promise<Readonly<Record<string, string>>> {
  const folder = path.join(home, 'archive');
  const archive = repositoryArchive(new LocalFolderStore({ folder, clock: realClock }), { clock: realClock, password: archivePassword });
  await archive.create();
  await saveExportedSet(archive, home, { backupId: '20261120120000Z', ldif: ldifOf(people) });
  return { ROOTCELLAR_ARCHIVE: folder, ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_CACHE_FOLDER: path.join(home, 'cache') };
}

function ldifOf(people: number): string {
  const numbers = Array.from({ length: people }, (_, number) => number);
  return [
    'dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n',
    'dn: ou=People,dc=example,dc=com\nobjectClass: organizationalUnit\nou: People\n\n',
    ...numbers.map((number) => person(number)),
  ].join('');
}

function person(number: number): string {
  const uuid = `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
  return `dn: uid=user.${number},ou=People,dc=example,dc=com\nobjectClass: person\nuid: user.${number}\nsn: Person ${number}\nentryUUID: ${uuid}\n\n`;
}

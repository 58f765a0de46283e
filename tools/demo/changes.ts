import type { OpendjServer } from '../../test/harness/opendj.ts';

/** How the demonstration changes the directory between its two backups. */
export const changeCounts = { modified: 100, passwords: 10, renamed: 1, deleted: 50, added: 20 } as const;

/** Adds groups to the people of the model, so that there is more than people to bring back. */
export async function addGroups(directory: OpendjServer): Promise<void> {
  const client = await directory.connect();
  try {
    for (const [index, name] of ['Administrators', 'Editors', 'Operators', 'Readers'].entries()) {
      const members = range(50).map((offset) => person(directory, index * 50 + offset));
      await client.add(group(directory, name), { objectClass: ['top', 'groupOfNames'], cn: name, member: members });
    }
  } finally {
    await client.unbind();
  }
}

/** The changes as LDIF (RFC 2849). */
export function changesLdif(directory: OpendjServer): string {
  const { modified, passwords, deleted, added } = changeCounts;
  const records = [
    ...range(modified).map((index) =>
      modification(person(directory, index), [
        'replace: telephoneNumber',
        `telephoneNumber: +1 555 ${1000 + index}`,
        '-',
        'delete: description',
      ]),
    ),
    ...range(passwords).map((index) =>
      modification(person(directory, index), ['replace: userPassword', `userPassword: another password ${index}`]),
    ),
    ...range(deleted).map((index) => [`dn: ${person(directory, modified + index)}`, 'changetype: delete']),
    ...range(added).map((index) => newcomer(directory, index)),
    [`dn: ${person(directory, 4000)}`, 'changetype: modrdn', 'newrdn: uid=user.4000.renamed', 'deleteoldrdn: 1'],
    [`dn: ${group(directory, 'Editors')}`, 'changetype: delete'],
    modification(group(directory, 'Administrators'), [
      'delete: member',
      `member: ${person(directory, 0)}`,
      '-',
      'add: member',
      `member: ${person(directory, 4999)}`,
    ]),
  ];
  return records.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function modification(dn: string, lines: readonly string[]): string[] {
  return [`dn: ${dn}`, 'changetype: modify', ...lines];
}

function newcomer({ baseDn }: OpendjServer, index: number): string[] {
  return [
    `dn: uid=newcomer.${index},ou=People,${baseDn}`,
    'changetype: add',
    'objectClass: top',
    'objectClass: person',
    'objectClass: organizationalPerson',
    'objectClass: inetOrgPerson',
    `uid: newcomer.${index}`,
    `cn: Newcomer ${index}`,
    `sn: ${index}`,
  ];
}

function person({ baseDn }: OpendjServer, index: number): string {
  return `uid=user.${index},ou=People,${baseDn}`;
}

function group({ baseDn }: OpendjServer, name: string): string {
  return `cn=${name},ou=Groups,${baseDn}`;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

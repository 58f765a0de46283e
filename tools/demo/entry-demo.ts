import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { begin } from './begin.ts';
import { compareEntries, type EntryDigests } from '../../test/harness/directory-entries.ts';
import { ldapModify, rootcellar } from './commands.ts';
import { inWords, readEntries } from './entries.ts';
import { keepRunning } from './keep-running.ts';
import { type Stage } from './stage.ts';
import { good, say, step, waitFor } from './terminal.ts';

const [people, mangled, honest] = [5000, 300, 20];
const lost = 'cn=Administrators,ou=Groups,dc=example,dc=com';

export const entryDemo = {
  summary: `Of a directory with ${people.toLocaleString('en')} people a group is deleted and ${mangled} people are mangled. They are brought back, and nothing else.`,
  run: demonstrate,
};

async function demonstrate(isKept: boolean): Promise<void> {
  await using stage = await step('1. A directory server and an S3 server, on loopback, for this run only', () => begin(people));
  const before = await step('2. The backup of last night', () => firstBackup(stage));
  await step('3. A script goes wrong, while others work', () => goWrong(stage));
  await step('4. What has happened?', () => lookAround(stage));
  await step('5. The group comes back', () => restoreGroup(stage));
  await step('6. The people come back, and whoever worked honestly loses nothing', () => revertPeople(stage));
  await step('7. Proof, entry by entry', () => prove(stage, before));
  if (isKept) await keepRunning(stage);
}

async function firstBackup(stage: Stage): Promise<EntryDigests> {
  await rootcellar(stage, 'init');
  await rootcellar(stage, 'backup', '--quiet');
  return readEntries(stage);
}

async function goWrong(stage: Stage): Promise<void> {
  const file = path.join(stage.folder, 'script.ldif');
  await writeFile(file, [...accidents(), ...work()].map((lines) => `${lines.join('\n')}\n`).join('\n'));
  waitFor(
    `the group Administrators is deleted, ${mangled} people get a wrong name and number; ${honest} others get a new room, which is right`,
  );
  say(`${await ldapModify(stage, file)} changes made over LDAP`);
  await rootcellar(stage, 'backup', '--quiet');
}

async function lookAround(stage: Stage): Promise<void> {
  await rootcellar(stage, 'entry', 'diff', 'latest~1', 'latest', '--limit', '4');
  await rootcellar(stage, 'entry', 'history', lost);
  await rootcellar(stage, 'entry', 'history', personDn(7));
}

async function restoreGroup(stage: Stage): Promise<void> {
  await rootcellar(stage, 'entry', 'restore', lost, '--from', 'latest~1', '--plan');
  await rootcellar(stage, 'entry', 'restore', lost, '--from', 'latest~1', '--yes');
}

async function revertPeople(stage: Stage): Promise<void> {
  await rootcellar(stage, 'entry', 'revert', '--between', 'latest~1', 'latest', '--where', '(sn=#NAME?)', '--yes');
}

async function prove(stage: Stage, before: EntryDigests): Promise<void> {
  const now = await readEntries(stage);
  const differences = compareEntries(before, now);
  say(`Compared with last night: ${inWords(differences)}`);
  const right = Array.from({ length: honest }, (_, index) => personDn(honestFrom + index).toLowerCase()).toSorted();
  if (JSON.stringify(differences.changed.toSorted()) !== JSON.stringify(right) || differences.missing.length + differences.added.length > 0)
    throw new Error(
      `something else differs: ${differences.changed
        .filter((dn) => !right.includes(dn))
        .slice(0, 3)
        .join('; ')}`,
    );
  good(`The ${honest} that differ are those with a new room, as they should; all others are what they were, to the last attribute.`);
}

const honestFrom = 1000;

function accidents(): string[][] {
  return [
    [`dn: ${lost}`, 'changetype: delete'],
    ...Array.from({ length: mangled }, (_, index) => [
      `dn: ${personDn(index)}`,
      'changetype: modify',
      'replace: sn',
      'sn: #NAME?',
      '-',
      'replace: telephoneNumber',
      'telephoneNumber: 0',
    ]),
  ];
}

function work(): string[][] {
  return Array.from({ length: honest }, (_, index) => [
    `dn: ${personDn(honestFrom + index)}`,
    'changetype: modify',
    'replace: roomNumber',
    `roomNumber: ${100 + index}`,
  ]);
}

function personDn(index: number): string {
  return `uid=user.${index},ou=People,dc=example,dc=com`;
}

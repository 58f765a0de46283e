import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { begin } from './begin.ts';
import { compareEntries, digestOfAll, type EntryDigests } from '../../test/harness/directory-entries.ts';
import { bucketTree } from './bucket-tree.ts';
import { changeCounts, changesLdif } from './changes.ts';
import { ldapModify, rootcellar, rootcellarOutput } from './commands.ts';
import { inWords, readEntries } from './entries.ts';
import { keepRunning } from './keep-running.ts';
import { shellLines, type Stage } from './stage.ts';
import { good, say, showCommand, step, waitFor } from './terminal.ts';

const people = 5000;

export const wholeDemo = {
  summary: `A directory with ${people.toLocaleString('en')} people is backed up into a bucket, changed, and brought back.`,
  run: demonstrate,
};

async function demonstrate(isKept: boolean): Promise<void> {
  await using stage = await step('1. Two real servers, on loopback, for this run only', begins);
  const before = await step('2. The first backup', () => firstBackup(stage));
  const changed = await step('3. The directory changes; the second backup', () => changeAndBackUp(stage, before));
  await step('4. What is in the bucket', () => lookAround(stage));
  const restored = await step('5. The first backup is restored', () => restoreOldest(stage));
  await step('6. Proof, entry by entry', async () => prove(before, changed, restored));
  await step('7. What a monitor asks', () => rootcellar(stage, 'status'));
  if (isKept) await keepRunning(stage);
}

async function begins(): Promise<Stage> {
  const stage = await begin(people);
  say('All that rootcellar is told; each secret is in a file:');
  console.log('');
  for (const line of shellLines(stage.environment)) showCommand(line);
  console.log('');
  return stage;
}

async function firstBackup(stage: Stage): Promise<EntryDigests> {
  await rootcellar(stage, 'init');
  await rootcellar(stage, 'backup');
  return readEntries(stage);
}

async function changeAndBackUp(stage: Stage, before: EntryDigests): Promise<EntryDigests> {
  const file = path.join(stage.folder, 'changes.ldif');
  await writeFile(file, changesLdif(stage.directory));
  const { modified, passwords, deleted, added, renamed } = changeCounts;
  waitFor(
    `${modified} people are modified (${passwords} of them get another password), ${deleted} deleted, ${added} added, ${renamed} renamed; one group is deleted, one changed`,
  );
  say(`${await ldapModify(stage, file)} changes made over LDAP`);
  const changed = await readEntries(stage);
  say(`Compared with before: ${inWords(compareEntries(before, changed))}`);
  await rootcellar(stage, 'backup');
  return changed;
}

async function lookAround(stage: Stage): Promise<void> {
  await rootcellar(stage, 'list');
  console.log('');
  say('The bucket as it is:');
  for (const line of await bucketTree(stage)) say(line);
}

async function restoreOldest(stage: Stage): Promise<EntryDigests> {
  const listed = await rootcellarOutput(stage, 'list', '--json');
  const oldest = idsIn(listed).at(-1) ?? '';
  say(`The last one of the array is the oldest: ${oldest}`);
  await rootcellar(stage, 'restore', oldest.slice(0, 8), '--yes');
  return readEntries(stage);
}

function prove(before: EntryDigests, changed: EntryDigests, restored: EntryDigests): void {
  say('Of each entry all attributes were read over LDAP, users’ and operational (entryUUID, createTimestamp, stored passwords …).');
  const rows = [
    ['before the changes', before],
    ['after the changes', changed],
    ['after the restore', restored],
  ] as const;
  for (const [when, entries] of rows)
    say(`${when.padEnd(19)} ${entries.size.toLocaleString('en')} entries   SHA-256 ${digestOfAll(entries)}`);
  say(`Not restored, it would be: ${inWords(compareEntries(before, changed))}.`);
  const differences = compareEntries(before, restored);
  const wrong = [...differences.changed, ...differences.missing, ...differences.added];
  if (wrong.length > 0) throw new Error(`the directory is not what it was: ${inWords(differences)}; first ${wrong[0]}`);
  if (digestOfAll(changed) === digestOfAll(before)) throw new Error('the changes changed nothing, so nothing is proven');
  good(
    `The directory is again what it was: ${differences.equal.toLocaleString('en')} of ${before.size.toLocaleString('en')} entries are equal.`,
  );
}

function idsIn(json: string): string[] {
  const snapshots: unknown = JSON.parse(json);
  if (!Array.isArray(snapshots)) throw new Error('"rootcellar list --json" did not print an array');
  return snapshots.map((snapshot: { readonly id: unknown }) => String(snapshot.id));
}

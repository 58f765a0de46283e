import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Client } from 'ldapts';
import { attributesOf, readLdif } from '../../src/domain/read-ldif.ts';
import type { ConsoleScene } from '../harness/console-scene.ts';
import { setByOpendj } from '../e2e/entries-scene.ts';

/** DN in lower case → its attributes with their values, in lines of which the order tells nothing. */
type Entries = ReadonlyMap<string, string>;

/**
 * DNs, in lower case and in order, of entries at and below `base` that are on the server otherwise than the snapshot's export has them, or in one of both
 * alone: by all users' attributes, and whatever else an export has (`entryUUID`, stored passwords, when and by whom it was made), but not what an
 * OpenDJ sets at each change.
 */
export async function differingFromSnapshot(scene: ConsoleScene, client: Client, id: string, base: string): Promise<readonly string[]> {
  const { entries: then, names } = await exported(scene, id, base);
  const now = await onServer(client, base, names);
  if (then.size < 2) throw new Error(`The snapshot has ${then.size} entries below ${base}`);
  return [...new Set([...then.keys(), ...now.keys()])].filter((dn) => then.get(dn) !== now.get(dn)).toSorted();
}

async function exported(scene: ConsoleScene, id: string, base: string) {
  const folder = path.join(scene.folder, `fetched-${id}-${Date.now()}`);
  await scene.run('fetch', id, '--to', folder);
  const file = path.join(folder, 'export/userRoot.ldif');
  const entries = new Map<string, string>();
  const names = new Set<string>();
  for await (const batch of readLdif(createReadStream(file), { name: file }))
    for (const entry of batch) {
      if (!entry.dn.toLowerCase().endsWith(base.toLowerCase())) continue;
      const values = [...attributesOf(entry)].map(([name, each]) => [name, each.map((one) => Buffer.from(one).toString())] as const);
      for (const [name] of values) names.add(name);
      entries.set(entry.dn.toLowerCase(), linesOf(values));
    }
  return { entries, names };
}

async function onServer(client: Client, base: string, names: ReadonlySet<string>): Promise<Entries> {
  const { searchEntries } = await client.search(base, { scope: 'sub', attributes: ['*', ...names] });
  return new Map(
    searchEntries.map(({ dn, ...attributes }) => {
      const values = Object.entries(attributes).map(([name, each]) => [name, [each].flat().map(String)] as const);
      return [dn.toLowerCase(), linesOf(values)];
    }),
  );
}

function linesOf(attributes: readonly (readonly [string, readonly string[]])[]): string {
  const leftOut = new Set(setByOpendj.map((name) => name.toLowerCase()));
  const counting = attributes.filter(([name]) => !leftOut.has(name.toLowerCase()));
  return counting
    .flatMap(([name, values]) => values.map((value) => `${name.toLowerCase()}: ${value}`))
    .toSorted()
    .join('\n');
}

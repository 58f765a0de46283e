import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Manifest } from '../../src/domain/manifest.ts';
import { makeSet } from '../harness/example-set.ts';

export interface StagedSet {
  readonly folder: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** The manifest of it as the set of this backup ID. */
  manifestAs(backupId: string): Manifest;
}

/** Sets of files that are staged once: a part of each is in all, a part in each other one, and a part is its own. */
export async function stageSets(home: string): Promise<readonly StagedSet[]> {
  const sets: StagedSet[] = [];
  for (let content = 0; content < 6; content += 1) {
    const folder = path.join(home, `set-${content}`);
    const files = {
      'userRoot/backup.info': Buffer.from(`content=${content}\n`),
      'userRoot/common': bytesOf('common', 2500),
      'userRoot/half': bytesOf(`half ${content % 2}`, 3000),
      'userRoot/own': bytesOf(`own ${content}`, 3500),
    };
    const staged = await makeSet(folder, '20261123100000Z', files);
    sets.push({ folder, files, manifestAs: (backupId) => asSet(staged, backupId) });
  }
  return sets;
}

/** Does not compress, and is the same in every run. */
function bytesOf(text: string, bytes: number): Uint8Array {
  return createHash('shake256', { outputLength: bytes }).update(text).digest();
}

function asSet(staged: Manifest, backupId: string): Manifest {
  const part = (from: number, to: number): string => backupId.slice(from, to);
  const time = `${part(0, 4)}-${part(4, 6)}-${part(6, 8)}T${part(8, 10)}:${part(10, 12)}:${part(12, 14)}.000Z`;
  return { ...staged, backupId, time, backends: staged.backends.map((backend) => ({ ...backend, backupId })) };
}

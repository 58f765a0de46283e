import { aws, rclone, s5cmd } from './copiers.ts';
import type { Contender } from './contender.ts';
import { kopia } from './kopia.ts';
import { restic } from './restic.ts';
import { rootcellarAt } from './rootcellar.ts';

/** Ours first, then the peers; `names` picks some of them. Their programs are made where the cache has them not. */
export async function contenders(ours: string, names?: readonly string[]): Promise<readonly Contender[]> {
  const makers: Readonly<Record<string, () => Contender | Promise<Contender>>> = {
    rootcellar: () => rootcellarAt(ours),
    restic: () => restic('auto'),
    'restic-fastest': () => restic('fastest'),
    kopia: () => kopia('zstd'),
    'kopia-fastest': () => kopia('zstd-fastest'),
    aws,
    rclone,
    s5cmd,
  };
  const found = [];
  for (const name of names ?? Object.keys(makers)) {
    const make = makers[name];
    if (make === undefined) throw new Error(`there is no contender "${name}": name some of ${Object.keys(makers).join(', ')}`);
    found.push(await make());
  }
  return found;
}

import type { Snapshot } from '../../domain/snapshot.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { ArchiveMeasure, HeldBytes } from '../archive.ts';
import type { CatalogEntry } from './plain-catalog.ts';
import { manifestKey } from './plain-keys.ts';

/** Who needs an object: how many of the chosen snapshots, and whether another does as well. Sets that `aws s3 sync` left share some. */
interface Need {
  readonly bytes: number;
  readonly chosen: Set<string>;
  isOfOthers: boolean;
}

/** Adds up an archive whose files lie as they are: nothing is compressed, and of a set all is its own. `catalog` is the whole one. */
export async function measureSets(
  store: ObjectStore,
  catalog: readonly CatalogEntry[],
  chosen: readonly Snapshot[],
  signal: AbortSignal | undefined,
): Promise<ArchiveMeasure> {
  const wanted = new Set(chosen.map(({ id }) => id));
  const needs = needsOf(catalog, wanted);
  const manifests = new Set(catalog.map(({ snapshot }) => manifestKey(snapshot.server, snapshot.backupId)));
  const total = { objects: 0, bytes: 0 };
  let unneededBytes = 0;
  for await (const { key, bytes } of store.list('', { signal })) {
    total.objects += 1;
    total.bytes += bytes;
    if (!needs.has(key) && !manifests.has(key) && !key.startsWith('.rootcellar/')) unneededBytes += bytes;
  }
  const ofChosen = [...needs.values()].filter((need) => need.chosen.size > 0);
  const together = ofChosen.filter(({ isOfOthers }) => !isOfOthers);
  const alone = Map.groupBy(
    together.filter((need) => need.chosen.size === 1),
    (need) => [...need.chosen][0] ?? '',
  );
  const readable = new Set(catalog.filter(({ manifest }) => manifest !== undefined).map(({ snapshot }) => snapshot.id));
  return {
    store: total,
    unneededBytes,
    unique: sumOf(ofChosen),
    together: sumOf(together),
    snapshots: chosen.map((snapshot) => ({
      snapshot,
      alone: readable.has(snapshot.id) ? sumOf(alone.get(snapshot.id) ?? []) : undefined,
      added: undefined,
    })),
    troubles: catalog
      .filter(({ snapshot }) => snapshot.state === 'damaged')
      .map(({ snapshot }) => `Cannot read ${snapshot.server}/${snapshot.backupId}: ${snapshot.remarks.join('; ')}`),
  };
}

function needsOf(catalog: readonly CatalogEntry[], chosen: ReadonlySet<string>): Map<string, Need> {
  const needs = new Map<string, Need>();
  for (const { snapshot, manifest, keyOf } of catalog) {
    for (const { path, bytes } of manifest?.files ?? []) {
      const need = needs.get(keyOf(path)) ?? { bytes, chosen: new Set(), isOfOthers: false };
      if (chosen.has(snapshot.id)) need.chosen.add(snapshot.id);
      else need.isOfOthers = true;
      needs.set(keyOf(path), need);
    }
  }
  return needs;
}

function sumOf(needs: readonly Need[]): HeldBytes {
  const bytes = needs.reduce((sum, need) => sum + need.bytes, 0);
  return { bytes, storedBytes: bytes };
}

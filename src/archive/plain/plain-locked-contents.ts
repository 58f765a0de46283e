import { manifestName } from '../../domain/manifest.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { LockedContents } from '../object-lock/locked-contents.ts';
import { isLockedInPlain } from '../object-lock/object-lock-rule.ts';
import { readCatalog, unfinishedSets } from './plain-catalog.ts';
import { archiveKey } from './plain-keys.ts';

const ledgerKey = '.rootcellar/object-locks';

/** `<server>/<backupId>` of a key in a set. */
function setOf(key: string): string {
  return key.split('/').slice(0, 2).join('/');
}

/** What an archive of the layout `plain` needs locked: the files and the manifest of each set, and the mark of the archive. */
export function plainLockedContents(store: ObjectStore): LockedContents {
  const needed = async (signal: AbortSignal | undefined): Promise<Map<string, readonly string[]>> => {
    const entries = await readCatalog(store, undefined, signal);
    return new Map(
      entries.map(({ snapshot, manifest, keyOf }) => {
        const files = (manifest?.files ?? []).map((file) => keyOf(file.path));
        // What `aws s3 sync` left has none; of a set that lost it, it is the one thing that is known to be needed.
        const own = snapshot.state === 'unlisted' ? [] : [keyOf(manifestName)];
        return [snapshot.id, [...own, ...files, archiveKey]] as const;
      }),
    );
  };
  return {
    live: async (signal) => {
      const marked = await unfinishedSets(store, signal);
      const keys: string[] = [];
      for await (const { key } of store.list('', { signal })) if (isLockedInPlain(key)) keys.push(key);
      // A mark may have stayed of a set that is whole; one without a manifest is being written, or was left.
      const whole = new Set(keys.filter((key) => key.endsWith(`/${manifestName}`)).map(setOf));
      return keys.filter((key) => whole.has(setOf(key)) || !marked.has(setOf(key)));
    },
    neededBy: async (snapshots, signal) => {
      const wanted = new Set(snapshots.map(({ id }) => id));
      return new Map([...(await needed(signal))].filter(([id]) => wanted.has(id)));
    },
    inUse: async (signal) => {
      const used = new Set([...(await needed(signal)).values()].flat());
      return (key) => used.has(key);
    },
    isLocked: isLockedInPlain,
    newest: async (signal) => {
      const ours = (await readCatalog(store, undefined, signal)).filter(({ manifest }) => manifest !== undefined);
      const times = ours.filter(({ snapshot }) => snapshot.state !== 'unlisted').map(({ snapshot }) => Date.parse(snapshot.time));
      return times.length === 0 ? undefined : new Date(Math.max(...times));
    },
    readLedger: async (signal) => {
      try {
        return await store.get(ledgerKey, { signal });
      } catch (error) {
        if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
        throw error;
      }
    },
    writeLedger: async (bytes) => {
      await store.put(ledgerKey, bytes);
    },
  };
}

import { Failure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { PinnedSnapshot } from '../archive-pins.ts';
import type { PinContents } from '../stored-pins.ts';
import { type CatalogEntry, readCatalog } from './plain-catalog.ts';
import { isOutside } from './plain-forget.ts';
import { manifestKey } from './plain-keys.ts';

/** The names of a set's server and its own, which it keeps also when its manifest is damaged. */
export function plainPinName({ server, backupId }: PinnedSnapshot): string {
  return `${server}/${backupId}`;
}

/** In the layout `plain` a pin lies as it is, as all else does. */
export function plainPins(store: ObjectStore): PinContents {
  return {
    nameOf: plainPinName,
    snapshotOf: (name) => {
      const [server = '', backupId = '', ...more] = name.split('/');
      return server === '' || backupId === '' || more.length > 0 ? undefined : { id: '', server, backupId };
    },
    seal: (json) => json,
    open: (_name, bytes) => bytes,
    listNames: async (signal) => new Set((await readCatalog(store, undefined, signal)).map(({ snapshot }) => plainPinName(snapshot))),
    isThere: async ({ server, backupId }, signal) => {
      if ((await store.head(manifestKey(server, backupId), { signal })) !== undefined) return true;
      const isSet = ({ snapshot }: CatalogEntry): boolean => snapshot.server === server && snapshot.backupId === backupId;
      return (await readCatalog(store, server, signal)).some(isSet);
    },
    assertPinnable: async ({ server, backupId }, signal) => {
      if (!(await isOutside(store, server, backupId, signal))) return;
      const isSeed = (await readCatalog(store, server, signal)).some(({ snapshot }) => snapshot.backupId === backupId);
      if (!isSeed) return;
      throw new Failure(
        'E_PIN_REFUSED',
        `Cannot pin ${server}/${backupId}: it was left by "aws s3 sync", and no forget ever drops such a set`,
        {
          hint: 'make a backup, or archive the folder with "rootcellar archive", and pin that',
        },
      );
    },
  };
}

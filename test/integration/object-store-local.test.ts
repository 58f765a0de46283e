import { setTimeout as delay } from 'node:timers/promises';

import type { Clock } from '../../src/foundation/clock.ts';
import { CountingStore } from '../../src/object-stores/counting-store.ts';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { MemoryStore } from '../../src/object-stores/memory-store.ts';
import type { MemoryLockOptions } from '../../src/object-stores/memory-versions.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { RetryingStore } from '../../src/object-stores/retrying-store.ts';
import { ThrottledStore } from '../../src/object-stores/throttled-store.ts';
import { describeNoObjectLock, describeObjectLock } from '../contracts/object-lock.ts';
import { describeObjectStore } from '../contracts/object-store.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

const clock: Clock = { now: () => new Date(), sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }) };
const rule = { attempts: 3, firstPauseMilliseconds: 1, longestPauseMilliseconds: 2 };

describeObjectStore(
  'MemoryStore',
  inMemory((store) => store),
);
describeObjectStore(
  'RetryingStore',
  inMemory((store) => new RetryingStore(store, rule, { clock, random: () => 0 })),
);
describeObjectStore(
  'ThrottledStore',
  inMemory((store) => new ThrottledStore(store, { uploadBytesPerSecond: 1e10, downloadBytesPerSecond: 1e10, clock })),
);
describeObjectStore(
  'CountingStore',
  inMemory((store) => new CountingStore(store)),
);
describeObjectStore('LocalFolderStore', inFolder);
describeNoObjectLock('LocalFolderStore', inFolder, 'a folder has no Object Lock');
describeNoObjectLock(
  'MemoryStore',
  inMemory((store) => store),
  'this memory was made without Object Lock',
);
describeObjectStore(
  'MemoryStore with Object Lock',
  inMemory((store) => store, {}),
);
describeObjectLock(
  'MemoryStore',
  inMemory((store) => store, {}),
);
describeObjectLock(
  'RetryingStore',
  inMemory((store) => new RetryingStore(store, rule, { clock, random: () => 0 }), {}),
);
describeObjectLock(
  'ThrottledStore',
  inMemory((store) => new ThrottledStore(store, { uploadBytesPerSecond: 1e10, downloadBytesPerSecond: 1e10, clock }), {}),
);
describeObjectLock(
  'CountingStore',
  inMemory((store) => new CountingStore(store), {}),
);

async function inFolder() {
  const folder = await temporaryFolder('store');
  return { store: new LocalFolderStore({ folder: `${folder.path}/not/there/yet`, clock }), [Symbol.asyncDispose]: () => folder.remove() };
}

function inMemory(wrap: (store: ObjectStore) => ObjectStore, objectLock?: MemoryLockOptions) {
  return async () => {
    const store = wrap(new MemoryStore({ clock, objectLock }));
    return { store, [Symbol.asyncDispose]: () => store.close() };
  };
}

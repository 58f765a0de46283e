import type { ObjectStore } from '../../src/object-stores/object-store.ts';

/** A call of the port; `keys` are the keys or the prefix that it names. */
export interface StoreCall {
  readonly name: keyof ObjectStore;
  readonly keys: readonly string[];
  readonly isWrite: boolean;
}

/** Called in the place of each call: it may do something before and after `proceed`, call it twice, or not at all. */
export type Around = (call: StoreCall, proceed: () => Promise<unknown>) => Promise<unknown>;

const writes: ReadonlySet<string> = new Set(['put', 'putStream', 'delete', 'discardUnfinished']);
const streams: ReadonlySet<string> = new Set(['getStream', 'list', 'listUnfinished']);

/** A store whose every call goes through `around`; for faults. What comes as a stream is read whole first. */
export function interceptedStore(store: ObjectStore, around: Around): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || typeof name !== 'string' || name === 'close') return value;
      return (...words: unknown[]): unknown => {
        const call = { name: name as StoreCall['name'], keys: keysOf(words[0]), isWrite: writes.has(name) };
        const act = (): unknown => Reflect.apply(value, target, words);
        if (!streams.has(name)) return around(call, async () => act());
        return readThrough(() => around(call, () => Array.fromAsync(act() as AsyncIterable<unknown>)));
      };
    },
  });
}

async function* readThrough(read: () => Promise<unknown>): AsyncGenerator {
  yield* (await read()) as readonly unknown[];
}

function keysOf(first: unknown): readonly string[] {
  if (typeof first === 'string') return [first];
  return Array.isArray(first) ? first.filter((key) => typeof key === 'string') : [];
}

import type { GetOptions, ObjectInfo, ObjectStore, PutOptions } from '../../src/object-stores/object-store.ts';

/** A folder's objects change their etag when they are made older, which no object does as time passes: of each, what its etag was at first, and what it is now. */
export class AgedEtags {
  readonly #first = new Map<string, string>();
  readonly #last = new Map<string, string>();

  note(before: string, after: string): void {
    const first = this.firstOf(before);
    this.#first.set(after, first);
    this.#last.set(first, after);
  }

  firstOf(etag: string): string {
    return this.#first.get(etag) ?? etag;
  }

  lastOf(first: string): string {
    return this.#last.get(first) ?? first;
  }
}

/** The store as one whose objects keep their etags while they grow older. */
export function withSteadyEtags(store: ObjectStore, etags: AgedEtags): ObjectStore {
  const told = (info: ObjectInfo): ObjectInfo => ({ ...info, etag: etags.firstOf(info.etag) });
  const asked = ({ etag, onInfo, ...options }: GetOptions = {}): GetOptions => ({
    ...options,
    ...(etag !== undefined && { etag: etags.lastOf(etag) }),
    ...(onInfo !== undefined && { onInfo: (info) => onInfo(told(info)) }),
  });
  const written = ({ condition, ...options }: PutOptions = {}): PutOptions => ({
    ...options,
    ...(condition !== undefined && { condition: 'etag' in condition ? { etag: etags.lastOf(condition.etag) } : condition }),
  });
  const calls: Partial<ObjectStore> = {
    get: (key, options) => store.get(key, asked(options)),
    getStream: (key, options) => store.getStream(key, asked(options)),
    head: async (key, options) => {
      const info = await store.head(key, options);
      return info && told(info);
    },
    put: async (key, bytes, options) => told(await store.put(key, bytes, written(options))),
    async *list(prefix, options) {
      for await (const info of store.list(prefix, options)) yield told(info);
    },
  };
  return new Proxy(store, {
    get: (target, name) => {
      const own: unknown = Reflect.get(calls, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

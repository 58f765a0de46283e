/**
 * The same object, of which each call of one of `methods` asks `mayGoOn` first and rejects with what that throws. For methods that return promises.
 */
export function guarded<Target extends object>(
  target: Target,
  methods: readonly (keyof Target)[],
  mayGoOn: (() => void) | undefined,
): Target {
  if (mayGoOn === undefined) return target;
  const asked: ReadonlySet<unknown> = new Set(methods);
  return new Proxy(target, {
    get: (inner, name) => {
      const value: unknown = Reflect.get(inner, name, inner);
      if (typeof value !== 'function') return value;
      const call = value.bind(inner) as (...words: readonly unknown[]) => unknown;
      if (!asked.has(name)) return call;
      return async (...words: readonly unknown[]): Promise<unknown> => {
        mayGoOn();
        return call(...words);
      };
    },
  });
}

/**
 * Calls `work` for each item, at most `limit` at a time, and resolves with the results in the order of the items.
 *
 * On the first rejection no further item is begun, and the signal that `work` gets aborts, as it does with `signal`; it rejects
 * with that error once the calls under way have settled, so that nothing runs on behind the caller's back.
 */
export async function mapConcurrently<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item, index: number, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const others = new AbortController();
  const stop = signal === undefined ? others.signal : AbortSignal.any([signal, others.signal]);
  const results: Result[] = [];
  const underWay = new Set<Promise<void>>();
  let failed: { readonly error: unknown } | undefined;
  let index = 0;
  try {
    for await (const item of items) {
      if (failed !== undefined) break;
      const place = index++;
      const call: Promise<void> = work(item, place, stop)
        .then(
          (result) => {
            results[place] = result;
          },
          (error: unknown) => {
            failed ??= { error };
            others.abort(error);
          },
        )
        .finally(() => underWay.delete(call));
      underWay.add(call);
      if (underWay.size >= limit) await Promise.race(underWay);
    }
  } catch (error) {
    failed ??= { error };
  }
  await Promise.all(underWay);
  if (failed !== undefined) throw failed.error;
  return results;
}

/** A part of something that has bytes in a row: `bytes` of them, at least 1, from `at` on. */
export interface ByteRange {
  readonly at: number;
  readonly bytes: number;
}

/** What a range was found to hold; memory of its own. */
export interface RangeContent {
  readonly range: ByteRange;
  readonly content: Uint8Array;
}

/** Cuts ranges into runs of at most `mostBytes` together; one that has more stands alone. */
export function* inWindows(ranges: Iterable<ByteRange>, mostBytes: number): Generator<readonly ByteRange[]> {
  let window: ByteRange[] = [];
  let bytes = 0;
  for (const range of ranges) {
    if (window.length > 0 && bytes + range.bytes > mostBytes) {
      yield window;
      [window, bytes] = [[], 0];
    }
    window.push(range);
    bytes += range.bytes;
  }
  if (window.length > 0) yield window;
}

/**
 * Reads window after window, the next one while the caller works on what it got of this one, and nothing beyond. Whoever stops early is
 * not told of what went wrong ahead, and has to wait until that has ended: its signal aborts.
 */
export async function* readAhead(
  windows: Iterable<readonly ByteRange[]>,
  read: (window: readonly ByteRange[], signal: AbortSignal) => Promise<readonly RangeContent[]>,
  signal?: AbortSignal,
): AsyncGenerator<RangeContent, void, void> {
  const end = new AbortController();
  const stop = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
  const left = windows[Symbol.iterator]();
  let ahead: Promise<readonly RangeContent[]> | undefined;
  const begin = (): void => {
    const next = left.next();
    ahead = next.done === true ? undefined : read(next.value, stop);
    // Whoever waits for it is told.
    ahead?.catch(() => undefined);
  };
  begin();
  try {
    while (ahead !== undefined) {
      const contents = await ahead;
      begin();
      yield* contents;
    }
  } finally {
    end.abort(new Error('nobody wants what was read ahead'));
    await ahead?.catch(() => undefined);
  }
}

/** Throws for ranges that are not ascending and disjoint, or are empty: that is a mistake of the caller. Gives each on. */
export function* assertAscending(ranges: Iterable<ByteRange>): Generator<ByteRange> {
  let end = 0;
  for (const range of ranges) {
    if (!(range.at >= end && range.bytes > 0))
      throw new Error(`the range of ${range.bytes} bytes from ${range.at} begins before ${end} or is empty`);
    end = range.at + range.bytes;
    yield range;
  }
}

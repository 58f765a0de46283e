import { Failure } from '../foundation/failure.ts';

/** The whole of a stream in one array. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

/**
 * Passes a stream on, but ends with the signal's reason as soon as it aborts, even while the source is silent.
 * The source is told to end either way, and not waited for when aborted.
 */
export async function* abortable(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => undefined);
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted]);
      if (step.done === true) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } catch (error) {
    ended = !signal.aborted;
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) {
      const closing = iterator.return?.();
      // An aborted source may be stuck in `next()`, and then so is `return()`.
      if (signal.aborted) closing?.catch(() => undefined);
      else await closing;
    }
  }
}

/**
 * Passes a stream on, holding it to the declared length.
 *
 * @throws Failure E_LENGTH_DIFFERS as soon as it is longer, or at its end when it is shorter
 */
export async function* ofDeclaredLength(
  source: AsyncIterable<Uint8Array>,
  declared: number | undefined,
  attempt: string,
): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.byteLength;
    if (declared !== undefined && seen > declared) throw lengthDiffers(attempt, declared, 'more');
    yield chunk;
  }
  if (declared !== undefined && seen < declared) throw lengthDiffers(attempt, declared, `only ${seen}`);
}

function lengthDiffers(attempt: string, declared: number, given: string): Failure {
  return new Failure('E_LENGTH_DIFFERS', `${attempt}: ${declared} bytes were announced and the source gave ${given}`, {
    hint: 'see whether something writes to the file while it is archived, then run again',
  });
}

/** Cuts a stream into parts of just `partBytes`, the last one shorter; an empty stream gives one empty part. */
export async function* cutIntoParts(source: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let parts = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (heldBytes + rest.byteLength >= partBytes) {
      const taken = rest.subarray(0, partBytes - heldBytes);
      rest = rest.subarray(taken.byteLength);
      const part = Buffer.concat([...held, taken]);
      held = [];
      heldBytes = 0;
      parts += 1;
      yield part;
    }
    if (rest.byteLength > 0) {
      held.push(rest);
      heldBytes += rest.byteLength;
    }
  }
  if (heldBytes > 0 || parts === 0) yield Buffer.concat(held);
}

const graceMilliseconds = 3000;

export interface Grace extends Disposable {
  /** Aborts for the same reason as the one it was made of, three seconds later. */
  readonly signal: AbortSignal;
}

/**
 * Lets a request that writes go on for a while after an abort. Were it cut off at once, the store might still work on it, and what it wrote
 * come to lie behind the clean-up (seen with versitygw 1.8). Disposing it takes its listener off the signal.
 */
export function afterGrace(signal: AbortSignal): Grace {
  const late = new AbortController();
  const onAbort = (): void => {
    // Bounds a request to the outside, as the client's own time limits do; nothing that we decide hangs on it.
    setTimeout(() => late.abort(signal.reason), graceMilliseconds).unref();
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { signal: late.signal, [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) };
}

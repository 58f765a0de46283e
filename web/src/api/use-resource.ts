import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { failureFrom, isAbort, type ApiFailure } from './api-failure.ts';
import { now } from './now.ts';

export interface Resource<Value> {
  /** What was told last; it stays while it is asked for anew, and when that fails. */
  readonly value: Value | undefined;
  /** When that was, RFC 3339. */
  readonly toldAt: string | undefined;
  readonly failure: ApiFailure | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

export interface ResourceOptions {
  /** Ask anew so often, while the page is looked at; an answer that takes longer is waited for. */
  readonly everyMilliseconds?: number;
}

/**
 * Asks for something when a page comes, whenever one of `keys` changes, and again as told; gives it up when the page goes. `load` undefined: there is
 * nothing to ask for yet.
 */
export function useResource<Value>(
  load: ((signal: AbortSignal) => Promise<Value>) | undefined,
  keys: readonly unknown[],
  { everyMilliseconds }: ResourceOptions = {},
): Resource<Value> {
  const [state, setState] = useState<{ key: string; value?: Value; toldAt?: string; failure?: ApiFailure; isLoading: boolean }>({
    key: '',
    isLoading: true,
  });
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(keys);
  const latest = useRef(load);
  latest.current = load;
  const isAsking = useRef(false);
  useEffect(() => {
    const wanted = latest.current;
    if (wanted === undefined) return undefined;
    const stop = new AbortController();
    isAsking.current = true;
    setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, isLoading: true }));
    wanted(stop.signal).then(
      (value) => {
        if (stop.signal.aborted) return;
        isAsking.current = false;
        setState({ key, value, toldAt: new Date(now()).toISOString(), isLoading: false });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        isAsking.current = false;
        if (isAbort(error)) return;
        setState((before) => ({ ...before, key, failure: failureFrom(error), isLoading: false }));
      },
    );
    return () => stop.abort();
  }, [key, turn, load === undefined]);
  useEffect(() => {
    if (everyMilliseconds === undefined) return undefined;
    const ask = (): void => {
      if (document.visibilityState === 'visible' && !isAsking.current) setTurn((before) => before + 1);
    };
    const timer = setInterval(ask, everyMilliseconds);
    document.addEventListener('visibilitychange', ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [everyMilliseconds]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const isOwn = state.key === key;
  const { value, toldAt, failure } = isOwn ? state : {};
  return { value, toldAt, failure, isLoading: state.isLoading, reload };
}

/** Asks anew whenever `key` becomes another; what was told before stays until the answer. */
export function useReloadAt({ reload }: Pick<Resource<unknown>, 'reload'>, key: string): void {
  const before = useRef(key);
  useEffect(() => {
    // From nothing known to something known is no change.
    if (before.current !== key && before.current !== '') reload();
    before.current = key;
  }, [key, reload]);
}

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { afterProgress, type ToldStep } from '../../../src/foundation/told-progress.ts';
import { failureFrom, isAbort, type ApiFailure } from './api-failure.ts';
import type { KeptCommand } from './kept-commands.ts';
import { now } from './now.ts';
import { readCommand } from './read-command.ts';

export interface ReadCommand<Result> {
  readonly value: Result | undefined;
  readonly failure: ApiFailure | undefined;
  readonly steps: readonly ToldStep[];
  readonly notes: KeptCommand['notes'];
  readonly isRunning: boolean;
  /** It was given up by who looks. */
  readonly isCanceled: boolean;
  readonly cancel: () => void;
  readonly reload: () => void;
}

interface State<Result> {
  readonly key: string;
  readonly value?: Result;
  readonly failure?: ApiFailure;
  readonly steps: readonly ToldStep[];
  readonly notes: KeptCommand['notes'];
  readonly isRunning: boolean;
  readonly isCanceled: boolean;
}

/**
 * The document of a command that only reads, and how far it is, for as long as the page is there: with the page, or with other words, the command stops.
 * `words` undefined: there is nothing to ask for yet.
 */
export function useReadCommand<Result>(words: readonly string[] | undefined): ReadCommand<Result> {
  const key = words === undefined ? '' : JSON.stringify(words);
  const [state, setState] = useState<State<Result>>(begun(key));
  const [turn, setTurn] = useState(0);
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    setState(begun(key));
    if (key === '') return undefined;
    const own = new AbortController();
    stop.current = own;
    readCommand<Result>(JSON.parse(key) as readonly string[], {
      signal: own.signal,
      onProgress: (event) => {
        if (!own.signal.aborted) setState((before) => ({ ...before, ...afterProgress(before, event, new Date(now()).toISOString()) }));
      },
    }).then(
      (value) => {
        if (!own.signal.aborted) setState((before) => ({ ...before, value, isRunning: false }));
      },
      (error: unknown) => {
        if (!own.signal.aborted && !isAbort(error)) setState((before) => ({ ...before, failure: failureFrom(error), isRunning: false }));
      },
    );
    return () => own.abort();
  }, [key, turn]);
  const cancel = useCallback(() => {
    stop.current?.abort();
    setState((before) => ({ ...before, isRunning: false, isCanceled: true }));
  }, []);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const { value, failure, steps, notes, isRunning, isCanceled } = state.key === key ? state : begun<Result>(key);
  return { value, failure, steps, notes, isRunning, isCanceled, cancel, reload };
}

function begun<Result>(key: string): State<Result> {
  return { key, steps: [], notes: [], isRunning: key !== '', isCanceled: false };
}

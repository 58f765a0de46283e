import { useEffect, useState } from 'preact/hooks';
import type { Run, RunEvent } from '../../../src/agent/http/api-schemas.ts';
import type { ProgressEvent } from '../../../src/foundation/progress.ts';
import { afterProgress } from '../../../src/foundation/told-progress.ts';
import { failureFrom, type ApiFailure } from './api-failure.ts';
import { followEvents } from './event-stream.ts';
import type { KeptCommand } from './kept-commands.ts';
import { afterEvent, afterRun, type ToldOfRun } from './run-steps.ts';
import { now } from './now.ts';

export interface Followed<Value> {
  readonly value: Value | undefined;
  /** The agent does not answer at the moment; what is shown is what it told last. */
  readonly isLost: boolean;
  readonly failure: ApiFailure | undefined;
}

type CommandStreamEvent =
  | { readonly kind: 'command' | 'end'; readonly command: KeptCommand }
  | { readonly kind: 'progress'; readonly event: ProgressEvent };

/** A kept command as it goes on, to its end. */
export function useFollowedCommand(id: string | undefined): Followed<KeptCommand> {
  return useFollowed<KeptCommand, CommandStreamEvent>(
    id === undefined ? undefined : `/commands/${encodeURIComponent(id)}/events`,
    (before, event) => {
      if (event.kind !== 'progress') return event.command;
      return before === undefined ? undefined : { ...before, ...afterProgress(before, event.event, new Date(now()).toISOString()) };
    },
  );
}

/** A run, and what it told of its steps and notes since it is followed. */
export type FollowedRun = Run & { readonly told: ToldOfRun };

/** A run of a job as it goes on, to its end. */
export function useFollowedRun(id: string | undefined): Followed<FollowedRun> {
  return useFollowed<FollowedRun, RunEvent>(id === undefined ? undefined : `/runs/${encodeURIComponent(id)}/events`, (before, event) => {
    const time = new Date(now()).toISOString();
    const told = before?.told ?? { steps: [], notes: [] };
    if (event.kind !== 'progress') return { ...event.run, told: afterRun(told, event.run, time) };
    if (before === undefined || before.state === 'ended') return before;
    return { ...before, told: afterEvent(told, event.event, time) };
  });
}

function useFollowed<Value, Event extends { readonly kind: string }>(
  path: string | undefined,
  take: (before: Value | undefined, event: Event) => Value | undefined,
): Followed<Value> {
  const [state, setState] = useState<Followed<Value>>({ value: undefined, isLost: false, failure: undefined });
  useEffect(() => {
    setState({ value: undefined, isLost: false, failure: undefined });
    if (path === undefined) return undefined;
    const stop = new AbortController();
    void followEvents<Event>(
      path,
      {
        onEvent: (event) => setState((before) => ({ ...before, value: take(before.value, event) })),
        onState: (told) => setState((before) => ({ ...before, isLost: told === 'lost' })),
        onFailure: (error) => setState((before) => ({ ...before, isLost: false, failure: failureFrom(error) })),
      },
      stop.signal,
    );
    return () => stop.abort();
  }, [path]);
  return state;
}

import { supervisedVariable } from '../config/config-environment.ts';
import type { Failure } from '../foundation/failure.ts';
import { Watchdog } from './watchdog.ts';

/** Of a process what is needed here. */
export type SupervisedProcess = Pick<NodeJS.Process, 'env' | 'connected' | 'channel' | 'on'>;

/**
 * Follows the one that started this process, where that is an agent; undefined for every other. `onLost` is called once, when the run must stop: the agent is gone,
 * stands still, or lost its lease. What is returned is to be called before what cannot be undone (see {@link Watchdog.mayGoOn}).
 */
export function followSupervisor(here: SupervisedProcess, onLost: (failure: Failure) => void): (() => void) | undefined {
  if (here.env[supervisedVariable] !== '1' || !here.connected) return undefined;
  const watchdog = new Watchdog({ now: () => Number(process.hrtime.bigint() / 1_000_000n), onLost });
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    clearTimeout(timer);
    // A timer may be a moment early by the other clock.
    if (!watchdog.look()) timer = setTimeout(look, watchdog.left + 1).unref();
  };
  here.on('message', (message) => {
    watchdog.hear(message);
    look();
  });
  here.on('disconnect', () => watchdog.hangUp());
  // The process stood still: what was heard before it did may be long past.
  here.on('SIGCONT', look);
  // To listen must not keep a finished command from ending.
  here.channel?.unref();
  look();
  return watchdog.mayGoOn;
}

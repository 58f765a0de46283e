import type { LoadedConfig } from '../config/load-config.ts';
import type { Clock } from '../foundation/clock.ts';
import { Failure, isFailure, messageOf } from '../foundation/failure.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Agent } from './agent.ts';

const millisecondsBetweenReadings = 10_000;

/** An agent with what stands around it: its API, its metrics. */
export interface OpenedAgent {
  readonly agent: Agent;
  /** Ends what stands around it, then gives back what it holds open. */
  close(): Promise<void>;
}

export interface RunAgentOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the process shall end. */
  readonly signal: AbortSignal;
  readonly readConfig: () => Promise<LoadedConfig>;
  /** Makes an agent of a configuration. */
  readonly open: (config: LoadedConfig) => Promise<OpenedAgent>;
  readonly onHangUp: (listener: () => void) => () => void;
}

/**
 * Runs an agent until `signal` aborts, and anew with each configuration that comes to differ from the one before: it is read every ten seconds, and at once at a SIGHUP.
 * A run that is under way comes to its end first, under the configuration it began with. One that cannot be used is told and leaves the old one in force.
 *
 * Rejects only where the first configuration cannot be used.
 */
export async function runAgent(options: RunAgentOptions): Promise<void> {
  const { signal, log } = options;
  let config = await options.readConfig();
  let opened = await options.open(config);
  for (;;) {
    const next = await workUntilChanged(opened, config, options);
    await opened.close();
    if (next === undefined || signal.aborted) return;
    try {
      opened = await options.open(next);
      config = next;
      log.info({}, 'the configuration was read anew');
      opened.agent.reloaded(undefined);
    } catch (error) {
      opened = await options.open(config);
      tellTrouble(opened.agent, error, log);
    }
  }
}

/** Resolves when the agent has ended: to the configuration that it is to go on with, or undefined where the process shall end. */
async function workUntilChanged({ agent }: OpenedAgent, config: LoadedConfig, options: RunAgentOptions): Promise<LoadedConfig | undefined> {
  const leaving = new AbortController();
  const leave = AbortSignal.any([options.signal, leaving.signal]);
  let next: LoadedConfig | undefined;
  const watching = watchConfig(agent, config, options, leave).then((changed) => {
    next = changed;
    leaving.abort();
  });
  await agent.work(leave, options.signal);
  leaving.abort();
  await watching;
  return next;
}

async function watchConfig(
  agent: Agent,
  config: LoadedConfig,
  { clock, log, readConfig, onHangUp }: RunAgentOptions,
  signal: AbortSignal,
): Promise<LoadedConfig | undefined> {
  const inForce = fingerprint(config);
  let refused = '';
  while (!signal.aborted) {
    const isAsked = await sleepOrHangUp(clock, onHangUp, signal);
    if (signal.aborted) return undefined;
    try {
      const now = await readConfig();
      if (fingerprint(now) !== inForce) return now;
      if (refused !== '' || isAsked) agent.reloaded(undefined);
      refused = '';
    } catch (error) {
      // Told once, not every ten seconds.
      if (messageOf(error) !== refused || isAsked) tellTrouble(agent, error, log);
      refused = messageOf(error);
    }
  }
  return undefined;
}

/** Resolves to whether somebody asked; also when the signal aborts. */
async function sleepOrHangUp(clock: Clock, onHangUp: RunAgentOptions['onHangUp'], signal: AbortSignal): Promise<boolean> {
  const asked = new AbortController();
  const forget = onHangUp(() => asked.abort());
  try {
    await clock.sleep(millisecondsBetweenReadings, AbortSignal.any([signal, asked.signal]));
    return false;
  } catch {
    return asked.signal.aborted;
  } finally {
    forget();
  }
}

function tellTrouble(agent: Agent, error: unknown, log: Logger): void {
  log.error({ err: error }, 'the configuration was changed and cannot be used; the one before stays in force');
  const failure = isFailure(error) ? error : new Failure('E_UNEXPECTED', `Cannot use the configuration: ${messageOf(error)}`);
  agent.reloaded(failure);
}

function fingerprint({ effective }: LoadedConfig): string {
  return JSON.stringify(effective.map(({ setting, value }) => [setting.name, value ?? null]));
}

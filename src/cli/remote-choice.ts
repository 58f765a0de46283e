import { findSetting } from '../config/settings.ts';
import { wrongUsage } from '../foundation/failure.ts';
import type { Command } from './define-command.ts';

/** Settings that say how this program speaks to the agent; all others are the agent's own. */
const ownSettings = ['agent.tokenFile', 'agent.caFile', 'log.level', 'log.format'];

/** Commands that need neither archive nor server: where only the variable names an agent they are run here, also while it is out of reach. */
const runHere = ['explain', 'policy', 'config show', 'config settings', 'config schema', 'completion', 'version', 'agent'];

/** Speaks to the agent in words of its own. */
const asksItself = ['trigger'];

/** The agent that is to run `command`: named by `--agent`, or by the variable; undefined where it is run here. */
export function agentToRun(command: Command, flag: string | undefined, variable: string | undefined): string | undefined {
  if (asksItself.includes(command.name)) return undefined;
  if (flag !== undefined) return flag;
  return variable === undefined || runHere.includes(command.name) ? undefined : variable;
}

/** @throws Failure E_USAGE (exit code 2) for the flag of a setting that the agent has of its own */
export function assertNoForeignFlags(flags: Readonly<Record<string, unknown>>): void {
  const foreign = Object.keys(flags).find((name) => !ownSettings.includes(name));
  if (foreign === undefined) return;
  throw wrongUsage(
    `Cannot use ${findSetting(foreign)?.flag ?? foreign} with an agent: it has settings of its own`,
    'leave it out, or run the command without --agent',
  );
}

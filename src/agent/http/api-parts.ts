import type { AgentView } from '../agent-view.ts';
import type { CommandRunner } from '../command-runner.ts';
import type { CommandGate, MetricsText } from './command-gate.ts';
import type { RunFollowers } from './follow-run.ts';
import type { RemoteCommands } from './remote-commands.ts';

/** What the routes work with. */
export interface ApiParts {
  readonly view: AgentView;
  readonly runner: CommandRunner;
  readonly gate: CommandGate;
  readonly metrics: MetricsText;
  readonly commands: RemoteCommands;
  readonly followers: RunFollowers;
  readonly programVersion: string;
}

import type { Clock } from '../../foundation/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AgentView } from '../agent-view.ts';
import type { CommandRunner } from '../command-runner.ts';
import type { KnownArchive } from '../overview/known-archive.ts';
import type { CommandGate, MetricsText } from './command-gate.ts';
import type { RunFollowers } from './follow-run.ts';
import type { KeptCommandFollowers } from './follow-kept-command.ts';
import type { KeptCommands } from './kept-commands.ts';
import type { RemoteCommands } from './remote-commands.ts';
import type { AuditLog } from './who/audit-log.ts';
import type { Gatekeeper } from './who/gatekeeper.ts';
import type { OidcSignIn } from './who/oidc-sign-in.ts';

/** What the routes work with. */
export interface ApiParts {
  readonly view: AgentView;
  readonly runner: CommandRunner;
  readonly gate: CommandGate;
  readonly metrics: MetricsText;
  readonly archive: KnownArchive;
  readonly commands: RemoteCommands;
  readonly kept: KeptCommands;
  readonly keptFollowers: KeptCommandFollowers;
  readonly followers: RunFollowers;
  readonly gatekeeper: Gatekeeper;
  /** Of what is served. */
  readonly scheme: 'http' | 'https';
  /** Undefined where no OpenID provider is set. */
  readonly oidc: OidcSignIn | undefined;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly programVersion: string;
}

import type { Config } from '../../config/schema.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Reads a secret from its file, and keeps it out of all output. @throws Failure E_SECRET_FILE (exit code 2) */
export type ReadSecret = (file: string, setting: string) => Promise<Secret>;

/** What the reporting of an agent needs beside the agent itself. */
export interface ReportingParts {
  readonly settings: Pick<Config, 'metrics' | 'notify' | 'status'>;
  /** Of the archive, for people. */
  readonly location: string;
  /** Of the program. */
  readonly version: string;
  /** The process makes one run and ends (`agent --once`). */
  readonly isOnce?: boolean | undefined;
  /** How long the last sending may take at the end; ten seconds unless told. */
  readonly stopMilliseconds?: number | undefined;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Of the process, for the proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secret: ReadSecret;
  /** Keeps a further secret, one line of a file, out of all output. */
  readonly keepSecret: (secret: Secret) => void;
  /** The snapshots of all servers of the group, from the archive. */
  readonly snapshots: (signal: AbortSignal) => Promise<readonly Snapshot[]>;
}

import type { Leases } from '../archive/lease.ts';
import type { RunHistory } from '../archive/stored-runs.ts';
import type { Slots } from '../archive/stored-slots.ts';
import type { Job } from '../domain/run-record.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CommandRunner } from './command-runner.ts';

/** What an agent works with. */
export interface AgentParts {
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Of {@link AgentSettings.leaseMilliseconds}: the rights to run the jobs. */
  readonly leases: Leases;
  readonly history: RunHistory;
  readonly slots: Slots;
  readonly runner: CommandRunner;
  /** How good a choice this agent is now; must not reject but for an abort. */
  readonly assess: (signal: AbortSignal) => Promise<Fitness>;
  readonly log: Logger;
}

/** The lower the rank, compared place by place, the better; the reasons say to people why it is not the best. */
export interface Fitness {
  readonly rank: readonly number[];
  readonly reasons: readonly string[];
  /** Its server does not answer. */
  readonly isSilent?: boolean | undefined;
}

/** Durations in milliseconds. */
export interface AgentSettings {
  readonly name: string;
  readonly group: string;
  readonly timeZone: string;
  readonly jobs: readonly JobPlan[];
  readonly jitterMilliseconds: number;
  readonly catchUp: boolean;
  readonly attempts: number;
  readonly retryPauseMilliseconds: number;
  readonly biddingMilliseconds: number;
  readonly leaseMilliseconds: number;
  readonly stopGraceMilliseconds: number;
}

export interface JobPlan {
  readonly job: Job;
  /** The command's words. */
  readonly words: readonly string[];
  readonly schedule: Schedule | undefined;
}

/** The name of a job's lease in the archive; never that of a server, which has no `/`. */
export function jobLease(group: string, job: Job): string {
  return `agents/${group}/${job}`;
}

import type { Job, RunRecord, RunTrigger } from '../domain/run-record.ts';
import type { Failure } from '../foundation/failure.ts';
import type { ProgressEvent } from '../foundation/progress.ts';

/** What an agent tells of itself, and takes: the port between the agent and its API, metrics and notifications. */
export interface AgentView {
  readonly name: string;
  readonly group: string;
  /** As it is now; nothing is asked of the archive or the server. */
  status(): AgentStatus;
  /** Finished runs of the whole group, the newest first. */
  runs(options?: {
    readonly job?: Job | undefined;
    readonly limit?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<readonly RunRecord[]>;
  /** A run that is queued, runs or has ended; undefined where nothing is known of it. */
  find(id: string): Promise<ActiveRun | RunRecord | undefined>;
  /**
   * Puts a run into this agent's queue. It waits for its turn: of a job only one runs at a time in the whole group.
   *
   * @throws Failure E_AGENT_STOPPING (exit code 11), or E_QUEUE_FULL (11)
   */
  request(request: RunRequest): ActiveRun;
  /** Stops a run of this agent, or takes it out of the queue; false where it is none of its own or has ended. */
  cancel(id: string): boolean;
  /** Calls `listener` with each event, in their order, until the function that is returned is called. The listener must not throw. */
  onEvent(listener: (event: AgentEvent) => void): () => void;
}

export interface RunRequest {
  readonly job: Job;
  /** Words of the command in place of those that its schedule has; `--yes` need not be among them. */
  readonly words: readonly string[];
  /** Who asks: the name of a person, or the role of a token. */
  readonly by: string;
}

/** A run that has not ended. */
export interface ActiveRun {
  readonly id: string;
  readonly job: Job;
  readonly words: readonly string[];
  readonly trigger: RunTrigger;
  readonly by?: string | undefined;
  readonly slot?: string | undefined;
  readonly attempt: number;
  readonly state: 'queued' | 'running';
  /** RFC 3339, UTC. */
  readonly queuedAt: string;
  readonly beganAt?: string | undefined;
  /** The last thing that each step under way told. */
  readonly progress: readonly ProgressEvent[];
}

export interface AgentStatus {
  readonly name: string;
  readonly group: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  /** `stopping`: it takes nothing more. */
  readonly state: 'running' | 'stopping';
  /** Whether it can do its work: the archive answers. What is in the way otherwise. */
  readonly trouble?: string | undefined;
  readonly jobs: readonly JobStatus[];
  readonly active: readonly ActiveRun[];
  /** Why the configuration that was changed last is not in force. */
  readonly reloadFailure?: string | undefined;
}

export interface JobStatus {
  readonly job: Job;
  /** The cron expression; undefined where it has no schedule. */
  readonly schedule?: string | undefined;
  readonly timeZone: string;
  /** RFC 3339, UTC: when its next run is due, with the jitter. */
  readonly nextAt?: string | undefined;
  /** Seconds between two runs of the schedule, the longest of the next year. */
  readonly expectedIntervalSeconds?: number | undefined;
  /** Whether this agent holds the right to run it now. */
  readonly isLeader: boolean;
  /** Who in the group runs it now, as far as this agent knows. */
  readonly leader?: string | undefined;
  /** Of the whole group, as far as the history goes back. */
  readonly last?: RunRecord | undefined;
  readonly lastSuccess?: RunRecord | undefined;
}

export type AgentEvent =
  | { readonly kind: 'queued'; readonly run: ActiveRun }
  | { readonly kind: 'begun'; readonly run: ActiveRun }
  | { readonly kind: 'progress'; readonly run: string; readonly event: ProgressEvent }
  /** Also of runs of other agents of the group, with `isOwn` false, as this one hears of them. */
  | { readonly kind: 'ended'; readonly run: RunRecord; readonly isOwn: boolean }
  | { readonly kind: 'reloaded'; readonly failure?: Failure | undefined };

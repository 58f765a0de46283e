import { newRunId, type RunRecord } from '../domain/run-record.ts';
import type { Clock } from '../foundation/clock.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import type { ActiveRun, AgentEvent } from './agent-view.ts';
import type { StopReason } from './run-outcome.ts';

export type PlannedRun = Pick<ActiveRun, 'job' | 'words' | 'trigger' | 'by' | 'slot' | 'attempt'>;

/** A run from the moment it is asked for to its end. */
export interface RunEntry {
  readonly id: string;
  readonly planned: PlannedRun;
  /** Aborts when the run shall stop; its reason is no error but a word. */
  readonly signal: AbortSignal;
  readonly stopped: () => StopReason | undefined;
  /** RFC 3339, UTC. */
  readonly beganAt: () => string | undefined;
}

interface KeptEntry {
  readonly entry: RunEntry;
  readonly queuedAt: string;
  readonly stop: (reason: StopReason) => void;
  readonly progress: Map<string, ProgressEvent>;
  beganAt: string | undefined;
}

export interface ActiveRunsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly emit: (event: AgentEvent) => void;
}

/** The runs of this agent that have not ended, and how to stop them. Each change is an event. */
export class ActiveRuns {
  readonly #options: ActiveRunsOptions;
  readonly #runs = new Map<string, KeptEntry>();

  constructor(options: ActiveRunsOptions) {
    this.#options = options;
  }

  list(): readonly ActiveRun[] {
    return [...this.#runs.values()].map(viewOf);
  }

  find(id: string): ActiveRun | undefined {
    const kept = this.#runs.get(id);
    return kept === undefined ? undefined : viewOf(kept);
  }

  add(planned: PlannedRun): RunEntry {
    const now = this.#options.clock.now();
    const stopping = new AbortController();
    let reason: StopReason | undefined;
    const kept: KeptEntry = {
      queuedAt: now.toISOString(),
      beganAt: undefined,
      progress: new Map(),
      stop: (why) => {
        reason ??= why;
        stopping.abort();
      },
      entry: {
        id: newRunId(now, this.#options.random()),
        planned,
        signal: stopping.signal,
        stopped: () => reason,
        beganAt: () => kept.beganAt,
      },
    };
    this.#runs.set(kept.entry.id, kept);
    this.#options.emit({ kind: 'queued', run: viewOf(kept) });
    return kept.entry;
  }

  begin({ id }: RunEntry): void {
    const kept = this.#runs.get(id);
    if (kept === undefined) return;
    kept.beganAt = this.#options.clock.now().toISOString();
    this.#options.emit({ kind: 'begun', run: viewOf(kept) });
  }

  progress({ id }: RunEntry, event: ProgressEvent): void {
    const kept = this.#runs.get(id);
    if (kept === undefined) return;
    if (event.kind === 'end') kept.progress.delete(event.step);
    else if (event.kind === 'begin' || event.kind === 'advance') kept.progress.set(event.step, event);
    this.#options.emit({ kind: 'progress', run: id, event });
  }

  end({ id }: RunEntry, record: RunRecord): void {
    if (this.#runs.delete(id)) this.#options.emit({ kind: 'ended', run: record, isOwn: true });
  }

  /** False where there is none of that ID. */
  stop(id: string, reason: StopReason): boolean {
    const kept = this.#runs.get(id);
    kept?.stop(reason);
    return kept !== undefined;
  }

  /** Those that have begun, or those that wait. */
  stopAll(state: ActiveRun['state'], reason: StopReason): void {
    for (const kept of this.#runs.values()) if (stateOf(kept) === state) kept.stop(reason);
  }
}

function stateOf({ beganAt }: KeptEntry): ActiveRun['state'] {
  return beganAt === undefined ? 'queued' : 'running';
}

function viewOf(kept: KeptEntry): ActiveRun {
  const { entry, queuedAt, beganAt, progress } = kept;
  return { id: entry.id, ...entry.planned, state: stateOf(kept), queuedAt, beganAt, progress: [...progress.values()] };
}

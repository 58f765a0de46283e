import type { ActiveRun, AgentEvent, AgentStatus, AgentView, RunRequest } from '../../src/agent/agent-view.ts';
import type { CommandOptions, CommandResult, CommandRunner } from '../../src/agent/command-runner.ts';
import { jobs, newRunId, type RunRecord } from '../../src/domain/run-record.ts';
import type { ProgressEvent } from '../../src/foundation/progress.ts';

/** An agent whose runs begin, go on and end when the test says so. */
export class ExampleAgent implements AgentView {
  readonly name = 'ds-0';
  readonly group = 'directory';
  trouble: string | undefined;
  readonly records: RunRecord[] = [];
  readonly active = new Map<string, ActiveRun>();
  readonly canceled: string[] = [];
  readonly #listeners = new Set<(event: AgentEvent) => void>();
  #made = 0;

  get listeners(): number {
    return this.#listeners.size;
  }

  status(): AgentStatus {
    return {
      name: this.name,
      group: this.group,
      startedAt: '2026-11-23T10:00:00.000Z',
      state: 'running',
      trouble: this.trouble,
      jobs: jobs.map((job) => ({
        job,
        schedule: undefined,
        timeZone: 'UTC',
        isLeader: false,
        last: this.records.find((run) => run.job === job),
      })),
      active: [...this.active.values()],
    };
  }

  async runs({ job, limit = 50 }: Parameters<AgentView['runs']>[0] = {}): Promise<readonly RunRecord[]> {
    return this.records.filter((run) => job === undefined || run.job === job).slice(0, limit);
  }

  async find(id: string): Promise<ActiveRun | RunRecord | undefined> {
    return this.active.get(id) ?? this.records.find((run) => run.id === id);
  }

  request({ job, words, by }: RunRequest): ActiveRun {
    this.#made += 1;
    const time = new Date('2026-11-23T10:46:46.000Z');
    const run: ActiveRun = {
      id: newRunId(time, this.#made / 1000),
      job,
      words: [job, ...words],
      trigger: 'request',
      by,
      attempt: 1,
      state: 'queued',
      queuedAt: time.toISOString(),
      progress: [],
    };
    this.active.set(run.id, run);
    this.#emit({ kind: 'queued', run });
    return run;
  }

  cancel(id: string): boolean {
    if (!this.active.has(id)) return false;
    this.canceled.push(id);
    return true;
  }

  onEvent(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  begin(id: string): void {
    const run = { ...this.#run(id), state: 'running', beganAt: '2026-11-23T10:46:47.000Z' } as const;
    this.active.set(id, run);
    this.#emit({ kind: 'begun', run });
  }

  tell(id: string, event: ProgressEvent): void {
    const run = this.#run(id);
    this.active.set(id, { ...run, progress: [...run.progress, event] });
    this.#emit({ kind: 'progress', run: id, event });
  }

  end(id: string, own: Partial<RunRecord> = {}): RunRecord {
    const { job, words, trigger, by, attempt } = this.#run(id);
    const facts = { id, job, words, trigger, by, attempt };
    const record = exampleRun({ ...facts, agent: this.name, ...own });
    this.active.delete(id);
    this.records.unshift(record);
    this.#emit({ kind: 'ended', run: record, isOwn: true });
    return record;
  }

  #run(id: string): ActiveRun {
    const run = this.active.get(id);
    if (run === undefined) throw new Error(`there is no run ${id}`);
    return run;
  }

  #emit(event: AgentEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

export function exampleRun(own: Partial<RunRecord> = {}): RunRecord {
  return {
    id: '20261123T104646000Z-00abcd',
    group: 'directory',
    job: 'backup',
    words: ['backup'],
    agent: 'ds-0',
    trigger: 'schedule',
    attempt: 1,
    beganAt: '2026-11-23T10:46:46.000Z',
    endedAt: '2026-11-23T10:47:46.000Z',
    outcome: 'success',
    exitCode: 0,
    isTriedAgain: false,
    result: { id: 'a'.repeat(64) },
    log: ['backing up'],
    ...own,
  };
}

/** Prints the words that it is asked to run, a line each; what really runs commands is tried elsewhere. */
export class EchoRunner implements CommandRunner {
  readonly asked: (readonly string[])[] = [];

  async run(words: readonly string[], { onOutput }: CommandOptions): Promise<CommandResult> {
    this.asked.push(words);
    await onOutput?.({ stream: 'stdout', bytes: Buffer.from(`${JSON.stringify(words)}\n`) });
    return { exitCode: 0, killedBy: undefined, result: undefined, failure: undefined, log: [] };
  }
}

import type { ActiveRun, AgentEvent, AgentStatus, AgentView } from '../../src/agent/agent-view.ts';
import type { RunRecord } from '../../src/domain/run-record.ts';
import { exampleAgentStatus } from './example-run-record.ts';

/** An agent that does nothing by itself: what it says of itself, its history and its events are the test's. */
export class ScriptedAgent implements AgentView {
  current: AgentStatus;
  /** Why the history cannot be read; `hang`: no answer comes. */
  trouble: Error | 'hang' | undefined;
  readonly history: RunRecord[] = [];
  readonly #listeners = new Set<(event: AgentEvent) => void>();

  constructor(status: Partial<AgentStatus> = {}) {
    this.current = exampleAgentStatus(status);
  }

  get name(): string {
    return this.current.name;
  }

  get group(): string {
    return this.current.group;
  }

  status(): AgentStatus {
    return this.current;
  }

  async runs({ job, limit = Infinity }: { readonly job?: string | undefined; readonly limit?: number | undefined } = {}) {
    if (this.trouble === 'hang') await new Promise(() => undefined);
    if (this.trouble instanceof Error) throw this.trouble;
    return this.history
      .filter((run) => job === undefined || run.job === job)
      .toSorted((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  }

  async find(id: string) {
    return this.history.find((run) => run.id === id);
  }

  request(): ActiveRun {
    throw new Error('it runs nothing');
  }

  cancel(): boolean {
    return false;
  }

  onEvent(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  begin({ id, job, words, trigger, attempt, beganAt }: RunRecord): void {
    this.#tell({ kind: 'begun', run: { id, job, words, trigger, attempt, state: 'running', queuedAt: beganAt, beganAt, progress: [] } });
  }

  /** Into the history, where that can be written; then told. */
  end(run: RunRecord, isOwn = true): void {
    if (this.trouble === undefined) this.history.push(run);
    this.#tell({ kind: 'ended', run, isOwn });
  }

  #tell(event: AgentEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

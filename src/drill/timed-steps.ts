import type { RecoveryReport } from '../domain/recovery-report.ts';
import type { Clock } from '../foundation/clock.ts';
import type { OperationContext, ProgressEvent } from '../foundation/progress.ts';

type Steps = RecoveryReport['steps'];

/** Passes progress on, and writes down how long each step took that it tells of, in the order in which they ended. */
export class TimedSteps {
  readonly #clock: Clock;
  readonly #began = new Map<string, number>();
  readonly #steps: Steps[number][] = [];
  readonly options: OperationContext;

  constructor(clock: Clock, { report, signal }: OperationContext) {
    this.#clock = clock;
    this.options = {
      signal,
      report: (event) => {
        // What was begun may go on telling for a moment after the operator stopped it.
        if (signal?.aborted === true && event.kind !== 'end') return;
        this.#follow(event);
        report?.(event);
      },
    };
  }

  get steps(): Steps {
    return [...this.#steps];
  }

  /** Does the work as a step of this name. */
  async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.options.report?.({ kind: 'begin', step: name });
    const result = await work();
    this.options.report?.({ kind: 'end', step: name });
    return result;
  }

  #follow(event: ProgressEvent): void {
    const now = this.#clock.now().getTime();
    if (event.kind === 'begin') this.#began.set(event.step, now);
    if (event.kind !== 'end') return;
    this.#steps.push({ name: event.step, milliseconds: now - (this.#began.get(event.step) ?? now) });
    this.#began.delete(event.step);
  }
}

import type { ReportProgress } from '../foundation/progress.ts';
import { finishedFile, readTaskLogLine } from './task-log.ts';

/**
 * Turns a task's growing log into progress of one step: each new line once, as a note; each file the server has finished with, as an
 * advance. How many files there will be the server does not tell.
 */
export class TaskReport {
  readonly #report: ReportProgress;
  readonly #step: string;
  #shown = 0;
  #files = 0;
  #hasBegun = false;

  constructor(report: ReportProgress | undefined, step: string) {
    this.#report = report ?? (() => {});
    this.#step = step;
  }

  /** Takes the whole log as it is now. */
  show(log: readonly string[]): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#report({ kind: 'begin', step: this.#step, unit: 'files' });
    }
    for (const line of log.slice(this.#shown)) this.#showLine(line);
    this.#shown = Math.max(this.#shown, log.length);
  }

  note(level: 'info' | 'warning', text: string): void {
    this.#report({ kind: 'note', level, text });
  }

  /** The task has succeeded. The step of a task that fails has no end: the failure says it. */
  end(): void {
    if (this.#hasBegun) this.#report({ kind: 'end', step: this.#step });
  }

  #showLine(line: string): void {
    const { severity, text } = readTaskLogLine(line);
    this.note(severity === 'info' ? 'info' : 'warning', text);
    if (finishedFile(text) === undefined) return;
    this.#files += 1;
    this.#report({ kind: 'advance', step: this.#step, done: this.#files });
  }
}

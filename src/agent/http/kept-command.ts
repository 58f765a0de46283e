import type { AuditEntry } from '../../domain/audit-entry.ts';
import type { RunFailure } from '../../domain/run-record.ts';
import { exitCodes, knownExitCode } from '../../foundation/failure.ts';
import type { ProgressEvent } from '../../foundation/progress.ts';
import { afterEnd, afterNote, afterProgress, nothingTold, type ToldProgress } from '../../foundation/told-progress.ts';
import type { CommandResult } from '../command-runner.ts';
import { failureOf } from '../run-outcome.ts';
import type { KeptCommandDocument } from './api-schemas.ts';

/** What is known of a command from its beginning. */
export type BegunCommand = Pick<KeptCommandDocument, 'id' | 'name' | 'words' | 'role' | 'by' | 'beganAt'>;

/** A command that goes on without its client: what it told so far, in a bounded number of steps and notes, and how it ended. */
export class KeptCommand {
  readonly begun: BegunCommand;
  /** What the audit log has of its beginning; the one of that time may be gone when it ends. */
  readonly audited: AuditEntry | undefined;
  #told: ToldProgress = nothingTold;
  #end: Pick<KeptCommandDocument, 'endedAt' | 'exitCode' | 'failure'> | undefined;
  #result: unknown;
  #resultBytes = 0;

  constructor(begun: BegunCommand, audited?: AuditEntry) {
    this.begun = begun;
    this.audited = audited;
  }

  /** RFC 3339, UTC; undefined while it runs. */
  get endedAt(): string | undefined {
    return this.#end?.endedAt;
  }

  /** What its document takes as text; 0 where none is kept. */
  get resultBytes(): number {
    return this.#resultBytes;
  }

  /** With everything. */
  document(): KeptCommandDocument {
    return { ...this.summary(), ...(this.#result === undefined ? {} : { result: this.#result }) };
  }

  /** Without the document that it printed. */
  summary(): KeptCommandDocument {
    return { ...this.begun, state: this.#end === undefined ? 'running' : 'ended', ...this.#end, ...this.#told };
  }

  /** `at`: RFC 3339, UTC. */
  hear(event: ProgressEvent, at: string): void {
    this.#told = afterProgress(this.#told, event, at);
  }

  end(result: CommandResult, at: string): void {
    // One that was cut off in the midst of its work ends with 3 as well, and tells of that.
    const failure = result.exitCode === exitCodes.partial ? result.failure : failureOf(result, undefined);
    this.#told = afterEnd(this.#told, failure === undefined ? 'done' : 'bad', at);
    if (result.isResultTooLarge === true) this.#warn('The document that it printed is larger than 1 MiB and was not kept');
    this.#result = result.result;
    this.#resultBytes = result.result === undefined ? 0 : JSON.stringify(result.result).length;
    const exitCode = result.exitCode === undefined ? {} : { exitCode: result.exitCode };
    this.#end = { endedAt: at, ...exitCode, ...(failure === undefined ? {} : { failure: toldOf(failure, result.exitCode) }) };
  }

  /** It could not be begun. */
  fail(failure: RunFailure, at: string): void {
    this.end({ exitCode: undefined, killedBy: undefined, result: undefined, failure, log: [] }, at);
  }

  /** Gives its document up, so that those of newer ones can be kept. */
  dropResult(): void {
    this.#result = undefined;
    this.#resultBytes = 0;
    this.#warn('The document that it printed is kept no more: those of newer commands took its place');
  }

  #warn(text: string): void {
    this.#told = afterNote(this.#told, { level: 'warning', text });
  }
}

function toldOf({ code, message, hint }: RunFailure, exitCode: number | undefined): NonNullable<KeptCommandDocument['failure']> {
  return { code, message, ...(hint === undefined ? {} : { hint }), exitCode: knownExitCode(exitCode) };
}

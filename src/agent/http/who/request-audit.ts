import type { AuditEntry, AuditOutcome } from '../../../domain/audit-entry.ts';
import { isFailure, messageOf } from '../../../foundation/failure.ts';
import type { AuditFacts, AuditLog } from './audit-log.ts';
import type { Who } from './who.ts';

export type AuditNote = Pick<AuditFacts, 'action' | 'target' | 'words'>;

/** What is written down of one request: by the router where it was refused, otherwise only what its handler has noted. */
export class RequestAudit {
  readonly #log: AuditLog;
  readonly #from: string;
  /** Of a request that nobody understood. */
  readonly #what: string;
  #who: AuditFacts['who'] = { name: 'nobody' };
  #note: AuditNote | undefined;
  #detail: string | undefined;
  #begun: AuditEntry | undefined;
  #isOver = false;

  constructor(log: AuditLog, { from, what }: { readonly from: string; readonly what: string }) {
    this.#log = log;
    this.#from = from;
    this.#what = what;
  }

  /** Who asks, or has come to be known by what was asked. */
  by({ name, role, via }: Who): void {
    this.#who = { name, role, via };
  }

  /** Has this request written down when it has ended. */
  note(note: AuditNote, detail?: string): void {
    this.#note = note;
    this.#detail = detail;
  }

  /** What was noted is written down now, as begun; whoever goes on with it tells the log how it ended. Undefined where nothing was noted. */
  begin(): AuditEntry | undefined {
    if (this.#note === undefined) return undefined;
    this.#begun = this.#log.record(this.#facts('begun', this.#detail));
    return this.#begun;
  }

  /** Says nothing after {@link failed}, for an answer that tells a browser of a failure. */
  answered(): void {
    if (this.#note !== undefined && this.#begun === undefined && !this.#isOver) this.#log.record(this.#facts('allowed', this.#detail));
  }

  failed(error: unknown): void {
    const detail = messageOf(error);
    this.#isOver = true;
    if (this.#begun !== undefined) return this.#log.end(this.#begun, 'failed', detail);
    if (isRefusal(error)) return this.#log.recordRefusal(this.#facts('refused', detail));
    // What makes no sense was not tried.
    if (this.#note !== undefined && !isFailure(error, 'E_AGENT_REQUEST')) this.#log.record(this.#facts('failed', detail));
  }

  #facts(outcome: AuditOutcome, detail: string | undefined): AuditFacts {
    const note = this.#note ?? { action: this.#what };
    return { who: this.#who, from: this.#from, ...note, outcome, ...(detail === undefined ? {} : { detail }) };
  }
}

const refusals = new Set<string>([
  'E_AGENT_ROLE',
  'E_AGENT_CSRF',
  'E_AGENT_TRIES',
  'E_OIDC_STATE',
  'E_OIDC_REFUSED',
  'E_OIDC_ANSWER',
  'E_OIDC_ROLE',
]);

/** Who shows nothing at all is only asked to sign in. */
function isRefusal(error: unknown): boolean {
  if (!isFailure(error)) return false;
  return refusals.has(error.code) || (error.code === 'E_AGENT_TOKEN' && error.facts['isWrong'] === true);
}

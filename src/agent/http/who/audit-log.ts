import type { AuditTrail, AuditQuery } from '../../../archive/stored-audit.ts';
import { newAuditId, type AuditEntry, type AuditOutcome } from '../../../domain/audit-entry.ts';
import type { Clock } from '../../../foundation/clock.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { redactWords } from './redact-words.ts';
import { networkOf } from './sign-in-limit.ts';
import { TryLimit } from './try-limit.ts';

export interface AuditLogOptions {
  readonly trail: AuditTrail;
  /** How many entries stay. */
  readonly keep: number;
  /** Of the agent. */
  readonly agent: string;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log: Logger;
}

export type AuditFacts = Omit<AuditEntry, 'id' | 'time' | 'agent'>;

const mostUnsaved = 1000;
const savesBetweenTrims = 100;
const pauseAfterTrouble = 10_000;
const everybody = 'everybody';

/**
 * Writes down who did what: at once as a line of the log, and soon after in the archive. Nobody waits for the archive, which a restore may be about to repair;
 * what it does not take is tried again, the newest 1000 of it.
 */
export class AuditLog {
  readonly #options: AuditLogOptions;
  /** By ID, the oldest first. */
  readonly #unsaved = new Map<string, AuditEntry>();
  readonly #perAddress: TryLimit;
  readonly #inAll: TryLimit;
  readonly #stopping = new AbortController();
  #notKept = 0;
  #lastId = 0;
  #saves = 0;
  #saving: Promise<void> | undefined;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#perAddress = new TryLimit(options.clock, { burst: 20, each: 60_000 });
    this.#inAll = new TryLimit(options.clock, { burst: 100, each: 30_000 });
  }

  /** Returns the entry, for {@link end}. */
  record(facts: AuditFacts): AuditEntry {
    const { clock, random, agent } = this.#options;
    const now = clock.now();
    // Of two in one millisecond, or around a clock that is set back, the later one is listed as the later.
    this.#lastId = Math.max(now.getTime(), this.#lastId + 1);
    const words = facts.words === undefined ? {} : { words: redactWords(facts.words) };
    const entry: AuditEntry = { id: newAuditId(new Date(this.#lastId), random()), time: now.toISOString(), agent, ...facts, ...words };
    this.#tell(entry);
    this.#keep(entry);
    return entry;
  }

  /** As {@link record}, for what anybody can cause: of many, most are only counted, so that they do not push out what was done. */
  recordRefusal(facts: AuditFacts): void {
    const address = networkOf(facts.from ?? '');
    if (this.#perAddress.wait(address) > 0 || this.#inAll.wait(everybody) > 0) {
      this.#notKept += 1;
      return;
    }
    this.#perAddress.count(address);
    this.#inAll.count(everybody);
    const more = this.#notKept === 0 ? '' : ` (${this.#notKept} more refusals before this one were only counted)`;
    this.#notKept = 0;
    const detail = `${facts.detail ?? ''}${more}`.trim();
    this.record({ ...facts, ...(detail === '' ? {} : { detail }) });
  }

  /** How what was `begun` has ended. */
  end(begun: AuditEntry, outcome: AuditOutcome, detail?: string): void {
    const entry = { ...begun, outcome, ...(detail === undefined ? {} : { detail }) };
    this.#tell(entry);
    this.#keep(entry);
  }

  /** The newest first, also those that the archive has not got yet. */
  async read({ limit, before, signal }: AuditQuery & { readonly signal?: AbortSignal }): Promise<readonly AuditEntry[]> {
    // Before and after: what is saved while the archive is read is in one of them.
    const waiting = [...this.#unsaved.values()];
    const stored = await this.#options.trail.read({ limit, before, ...(signal === undefined ? {} : { signal }) });
    const all = [...waiting, ...stored, ...this.#unsaved.values()].filter(({ id }) => before === undefined || id < before);
    const byId = new Map(all.map((entry) => [entry.id, entry]));
    return [...byId.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
  }

  /** Saves what is left, once more at most. Resolves when that has ended, well or not. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#saving;
    if (this.#unsaved.size > 0) await this.#saveAll();
  }

  /** Words may name entries, which no log line does; they are in the archive alone. */
  #tell({ id, who, from, action, target, outcome }: AuditEntry): void {
    this.#options.log.info({ id, who: who.name, role: who.role, via: who.via, from, action, target, outcome }, 'audit');
  }

  #keep(entry: AuditEntry): void {
    this.#unsaved.set(entry.id, entry);
    for (const oldest of this.#unsaved.keys()) {
      if (this.#unsaved.size <= mostUnsaved) break;
      this.#unsaved.delete(oldest);
    }
    if (this.#stopping.signal.aborted) return;
    this.#saving ??= this.#save().finally(() => (this.#saving = undefined));
  }

  async #save(): Promise<void> {
    while (this.#unsaved.size > 0 && !this.#stopping.signal.aborted) {
      if (await this.#saveAll()) continue;
      // The abort ends the pause.
      await this.#options.clock.sleep(pauseAfterTrouble, this.#stopping.signal).catch(() => undefined);
    }
  }

  /** False where the archive did not take one. */
  async #saveAll(): Promise<boolean> {
    const { trail, keep, log } = this.#options;
    try {
      for (const [id, entry] of this.#unsaved) {
        await trail.save(entry);
        // It may have ended meanwhile.
        if (this.#unsaved.get(id) === entry) this.#unsaved.delete(id);
        if (this.#saves % savesBetweenTrims === 0) await trail.trim(keep);
        this.#saves += 1;
      }
      return true;
    } catch (error) {
      log.warn({ err: error, waiting: this.#unsaved.size }, 'the archive does not take the audit log');
      return false;
    }
  }
}

import { z } from 'zod';
import { compactTime } from '../domain/compact-time.ts';
import { jobs, runOutcomes, type Job } from '../domain/run-record.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { agentsPrefix, readAgentDocument, writeAgentDocument } from './agent-documents.ts';

/**
 * How far a job's newest slot has come. A slot is one time of a schedule; `running` and `waiting` (for another attempt) are not its end, and whoever gets the job's
 * lease goes on with it.
 */
export const slotSchema = z.object({
  job: z.enum(jobs),
  /** RFC 3339, UTC: the time that the schedule names, without jitter. */
  slot: z.iso.datetime(),
  state: z.enum(['running', 'waiting', 'done']),
  /** The attempt that is running, waits, or was the last; from 1. */
  attempt: z.int().positive(),
  /** Who wrote this last. */
  agent: z.string(),
  /** Agents whose attempt failed, once for each time. */
  failedOn: z.array(z.string()).default([]),
  /** RFC 3339, UTC: when the running attempt began, or the last one did. */
  beganAt: z.iso.datetime(),
  /** RFC 3339, UTC: of `waiting`, not to be begun before. */
  notBefore: z.iso.datetime().optional(),
  /** Of `done`. */
  outcome: z.enum(runOutcomes).optional(),
  /** Who had the last success of any slot: what it writes has most in common with what is archived already. */
  lastSuccessOn: z.string().optional(),
});

export type Slot = z.output<typeof slotSchema>;

/** What an agent offers for one attempt: the lower its rank, compared place by place, the better a choice it is. */
export const bidSchema = z.object({
  agent: z.string(),
  rank: z.array(z.number()).readonly(),
  /** For people: why it is no good choice. */
  reasons: z.array(z.string()).readonly(),
});

export type Bid = z.output<typeof bidSchema>;

/** What the agents of one group agree on, in the archive. */
export interface Slots {
  /** Undefined where the job never ran, or what is there cannot be read. */
  read(job: Job, options?: OperationContext): Promise<Slot | undefined>;
  /** To be called only by who holds the job's lease. */
  write(slot: Slot, options?: OperationContext): Promise<void>;
  bid(slot: SlotAttempt, bid: Bid, options?: OperationContext): Promise<void>;
  bids(slot: SlotAttempt, options?: OperationContext): Promise<readonly Bid[]>;
  /** Removes all bids for a job. */
  clearBids(job: Job, options?: OperationContext): Promise<void>;
}

export type SlotAttempt = Pick<Slot, 'job' | 'slot' | 'attempt'>;

/** Slots as `.rootcellar/agents/<group>/slots/<job>.json`, bids below `.rootcellar/agents/<group>/bids/<job>/`. */
export class StoredSlots implements Slots {
  readonly #store: ObjectStore;
  readonly #prefix: string;

  constructor(store: ObjectStore, group: string) {
    this.#store = store;
    this.#prefix = `${agentsPrefix}${group}/`;
  }

  read(job: Job, options: OperationContext = {}): Promise<Slot | undefined> {
    return readAgentDocument(this.#store, this.#slotKey(job), slotSchema, options);
  }

  async write(slot: Slot, { signal }: OperationContext = {}): Promise<void> {
    await writeAgentDocument(this.#store, this.#slotKey(slot.job), slot, { signal });
  }

  async bid(attempt: SlotAttempt, bid: Bid, { signal }: OperationContext = {}): Promise<void> {
    await writeAgentDocument(this.#store, `${this.#bidFolder(attempt)}${bid.agent}.json`, bid, { signal });
  }

  async bids(attempt: SlotAttempt, options: OperationContext = {}): Promise<readonly Bid[]> {
    const bids: Bid[] = [];
    for await (const { key } of this.#store.list(this.#bidFolder(attempt), { signal: options.signal })) {
      const bid = await readAgentDocument(this.#store, key, bidSchema, options);
      if (bid !== undefined) bids.push(bid);
    }
    return bids;
  }

  async clearBids(job: Job, { signal }: OperationContext = {}): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(`${this.#prefix}bids/${job}/`, { signal })) keys.push(key);
    if (keys.length > 0) await this.#store.delete(keys, { signal });
  }

  #slotKey(job: Job): string {
    return `${this.#prefix}slots/${job}.json`;
  }

  #bidFolder({ job, slot, attempt }: SlotAttempt): string {
    return `${this.#prefix}bids/${job}/${compactTime(slot)}-${attempt}/`;
  }
}

import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../foundation/clock.ts';
import { formatDuration } from '../foundation/durations.ts';
import { exitCodes, Failure, isFailure, messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { ObjectInfo, ObjectStore } from '../object-stores/object-store.ts';
import { LostRaces } from './lost-races.ts';

const conditionsHint = 'use a store that honours If-None-Match and If-Match (AWS S3, MinIO, versitygw), or a newer version of this one';

const leasesPrefix = '.rootcellar/leases/';

const lookEveryMilliseconds = 5000;

/** Who holds a lease: enough to tell a living process from a dead one of the same machine, and to name it to people. */
export const leaseHolderSchema = z.object({
  /** The machine or pod. */
  host: z.string(),
  processId: z.number().int(),
  /** The process ID space: equal means that the process IDs can be compared. */
  space: z.string(),
  /** When the process began, as its machine tells it; a process ID that was given again has another. */
  processBegan: z.string(),
  /** The container of an orchestrator, of which only one runs at a time; empty outside of one. */
  container: z.string().default(''),
  /** What it does: `backup`, `restore`. */
  work: z.string(),
});

const leaseSchema = z.object({
  holder: leaseHolderSchema,
  /** Grows with each new holder, and never goes back. */
  fence: z.number().int().nonnegative(),
  renewedAt: z.iso.datetime(),
  /** The end of the lease unless it is renewed. A lease given back ends at the moment of that. */
  endsAt: z.iso.datetime(),
});

/** Of all that it says; what others write has none. */
const storedLeaseSchema = leaseSchema.extend({ sha256: z.string().optional() });

export type LeaseHolder = z.infer<typeof leaseHolderSchema>;
type LeaseDocument = z.infer<typeof leaseSchema>;

/** Whether the process of this machine's own ID space still runs; undefined when that cannot be known from here. */
export type IsAlive = (holder: LeaseHolder) => boolean | undefined;

export interface LeaseOptions {
  readonly clock: Clock;
  readonly seconds: number;
  readonly holder: LeaseHolder;
  readonly isAlive: IsAlive;
  /** How long to wait for another who holds it and is alive; not at all unless told. */
  readonly waitMilliseconds?: number | undefined;
}

/** Who holds a lease: silent, and so waited for until its end, or alive. */
type Obstacle = { readonly text: string } & ({ readonly milliseconds: number } | { readonly busy: Failure });

/** The right to be the one that runs. */
export interface Lease {
  readonly fence: number;
  /** Its end unless it is renewed, as its holder knows it. */
  readonly heldUntil: Date;
  /** Aborts when the lease was lost, with the Failure that says to whom. All work under the lease takes it. */
  readonly signal: AbortSignal;
  /** Rejects unless the lease is held now; called before what cannot be undone. */
  assertHeld(): Promise<void>;
  /** Gives it back; resolves also when it is lost already. */
  release(): Promise<void>;
}

/** Where leases are asked for: one per server of an archive. */
export interface Leases {
  /** @throws Failure E_BUSY (exit code 11) when another holds it, still after the time that it is waited for */
  take(server: string, options?: OperationContext): Promise<Lease>;

  /** Takes nothing. @throws Failure E_BUSY (exit code 11) while somebody holds it who seems to be alive */
  assertFree(server: string, options?: OperationContext): Promise<void>;
}

/** Does `work` under the lease of `server`; its signal ends the work when the lease is lost, and the lease ends with the work. */
export async function underLease<Result>(
  leases: Leases,
  server: string,
  options: OperationContext,
  work: (lease: Lease, options: OperationContext) => Promise<Result>,
): Promise<Result> {
  const lease = await leases.take(server, options);
  const signal = options.signal === undefined ? lease.signal : AbortSignal.any([options.signal, lease.signal]);
  try {
    return await work(lease, { ...options, signal });
  } catch (error) {
    // What the work says of its abort is less than why it was aborted.
    lease.signal.throwIfAborted();
    throw error;
  } finally {
    await lease.release();
  }
}

/**
 * Leases as objects of the archive, `.rootcellar/leases/<server>.json`, written only with conditional requests, so that two can
 * never both succeed (design §4).
 *
 * A lease is renewed at a third of its time. It is taken over at once when its holder ran in this process ID space and is dead;
 * from any other holder only after its end. One that was not renewed in time is waited for, as its holder seems to be gone;
 * a living holder is waited for as long as the options say.
 */
export class StoredLeases implements Leases {
  readonly #store: ObjectStore;
  readonly #options: LeaseOptions;

  constructor(store: ObjectStore, options: LeaseOptions) {
    this.#store = store;
    this.#options = options;
  }

  async take(server: string, options: OperationContext = {}): Promise<Lease> {
    await this.#assertConditions(server, options.signal);
    const key = `${leasesPrefix}${server}.json`;
    const began = this.#options.clock.now().getTime();
    const latest = began + (this.#options.waitMilliseconds ?? 0);
    let told = '';
    const races = new LostRaces(`take the lease of "${server}" in ${this.#store.location}`);
    for (;;) {
      const found = await this.#read(key, options.signal);
      const obstacle = this.#obstacle(found?.document, server);
      if (obstacle !== undefined) {
        await this.#wait(obstacle, latest, told === obstacle.text ? { signal: options.signal } : options);
        told = obstacle.text;
        races.beginAnew();
        continue;
      }
      const document = this.#newDocument((found?.document?.fence ?? 0) + 1);
      try {
        const written = await this.#write(key, document, found?.info, options.signal);
        if (told !== '') this.#tellWaited(began, options);
        return new HeldLease(this.#store, key, document, written, this.#options);
      } catch (error) {
        // Somebody was quicker: read again and see who.
        races.add(error);
      }
    }
  }

  /** Until it is time to look again; throws the obstacle's own failure when it was waited for long enough. */
  async #wait(obstacle: Obstacle, latest: number, { report, signal }: OperationContext): Promise<void> {
    const { clock } = this.#options;
    const left = latest - clock.now().getTime();
    if ('busy' in obstacle && left <= 0) throw obstacle.busy;
    report?.({ kind: 'note', level: 'warning', text: obstacle.text });
    await clock.sleep('busy' in obstacle ? Math.min(lookEveryMilliseconds, left) : obstacle.milliseconds, signal);
  }

  #tellWaited(since: number, { report }: OperationContext): void {
    const waited = this.#options.clock.now().getTime() - since;
    report?.({ kind: 'note', level: 'info', text: `waited ${formatDuration(waited)}; now it goes on` });
  }

  async assertFree(server: string, options: OperationContext = {}): Promise<void> {
    const found = await this.#read(`${leasesPrefix}${server}.json`, options.signal);
    const obstacle = this.#obstacle(found?.document, server);
    if (obstacle !== undefined && 'busy' in obstacle) throw obstacle.busy;
  }

  /** Before anything is written: a store that honours only some of it would give a lease that can be neither renewed nor given back. */
  async #assertConditions(server: string, signal: AbortSignal | undefined): Promise<void> {
    if (await this.#store.honoursConditions({ signal })) return;
    throw new Failure(
      'E_CONDITIONAL_WRITES_UNSUPPORTED',
      `Cannot take the lease of "${server}" in ${this.#store.location}: the store does not honour conditional writes, so nothing would keep two runs apart`,
      { hint: conditionsHint },
    );
  }

  /** undefined: free now. */
  #obstacle(document: LeaseDocument | undefined, server: string): Obstacle | undefined {
    if (document === undefined) return undefined;
    const { clock, seconds, isAlive } = this.#options;
    const { holder, renewedAt, endsAt } = document;
    const now = clock.now().getTime();
    const left = Date.parse(endsAt) - now;
    if (left <= 0) return undefined;
    const alive = isAlive(holder);
    if (alive === false) return undefined;
    const silence = now - Date.parse(renewedAt);
    if (alive === undefined && silence > seconds * 500 && left <= seconds * 1000)
      return {
        milliseconds: left,
        text: `waiting ${Math.ceil(left / 1000)} s for the lease of ${nameOf(holder)}, which no longer renews it`,
      };
    const state = `${nameOf(holder)} is running a ${holder.work} of server "${server}" in ${this.#store.location}`;
    const hint = `wait until it ends, or give --lock-wait; were it dead, its lease would end at ${endsAt}`;
    return { text: `waiting: ${state}`, busy: new Failure('E_BUSY', `Cannot begin: ${state}`, { exitCode: exitCodes.busy, hint }) };
  }

  #newDocument(fence: number): LeaseDocument {
    return renewed({ holder: this.#options.holder, fence, renewedAt: '', endsAt: '' }, this.#options);
  }

  async #read(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<{ info: ObjectInfo; document: LeaseDocument | undefined } | undefined> {
    const info = await this.#store.head(key, { signal });
    if (info === undefined) return undefined;
    try {
      // Its own checksum is looked at, so that one which the store finds altered stops nobody.
      return { info, document: decode(await this.#store.get(key, { isCheckedByCaller: true, signal })) };
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
      throw error;
    }
  }

  #write(key: string, document: LeaseDocument, before: ObjectInfo | undefined, signal: AbortSignal | undefined): Promise<ObjectInfo> {
    const condition = before === undefined ? ({ absent: true } as const) : { etag: before.etag };
    return this.#store.put(key, encode(document), { condition, signal });
  }
}

/** The keys of leases that cannot be read. They keep nobody away, and the next run of their server writes them anew. */
export async function findUnreadableLeases(store: ObjectStore, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const unreadable: string[] = [];
  for await (const { key } of store.list(leasesPrefix, { signal })) {
    const bytes = await store.get(key, { isCheckedByCaller: true, signal }).catch(unlessMissing);
    if (bytes !== undefined && decode(bytes) === undefined) unreadable.push(key);
  }
  return unreadable;
}

function unlessMissing(error: unknown): undefined {
  if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
}

class HeldLease implements Lease {
  readonly fence: number;
  readonly #lost = new AbortController();
  readonly #renewals = new AbortController();
  readonly #loop: Promise<void>;
  readonly #store: ObjectStore;
  readonly #key: string;
  readonly #options: LeaseOptions;
  #document: LeaseDocument;
  #info: ObjectInfo;
  /** One renewal at a time: two of ours at once would each see the other's as somebody else's. */
  #renewal: Promise<void> = Promise.resolve();

  constructor(store: ObjectStore, key: string, document: LeaseDocument, info: ObjectInfo, options: LeaseOptions) {
    this.#store = store;
    this.#key = key;
    this.#options = options;
    this.fence = document.fence;
    this.#document = document;
    this.#info = info;
    this.#loop = this.#renewUntilReleased();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  get heldUntil(): Date {
    return new Date(this.#document.endsAt);
  }

  async assertHeld(): Promise<void> {
    this.signal.throwIfAborted();
    await this.#renewInTurn();
  }

  async release(): Promise<void> {
    this.#renewals.abort();
    await this.#loop;
    if (this.signal.aborted) return;
    const endsAt = this.#options.clock.now().toISOString();
    try {
      await this.#store.put(this.#key, encode({ ...this.#document, endsAt }), { condition: { etag: this.#info.etag } });
    } catch (error) {
      // Lost or unreachable: it ends by itself, and the work is done.
      if (!isFailure(error)) throw error;
    }
  }

  async #renewUntilReleased(): Promise<void> {
    const { clock, seconds } = this.#options;
    while (!this.signal.aborted) {
      try {
        await clock.sleep((seconds * 1000) / 3, this.#renewals.signal);
      } catch {
        return;
      }
      // A renewal that failed is tried again until the lease's end; that it was lost is told by the signal.
      await this.#renewInTurn().catch(() => undefined);
    }
  }

  #renewInTurn(): Promise<void> {
    const renewal = this.#renewal.catch(() => undefined).then(() => this.#renew());
    this.#renewal = renewal;
    return renewal;
  }

  /** Rejects, and aborts {@link signal}, when the lease is another's now or could not be renewed before its end. */
  async #renew(): Promise<void> {
    const next = renewed(this.#document, this.#options);
    try {
      this.#info = await this.#store.put(this.#key, encode(next), { condition: { etag: this.#info.etag } });
      this.#document = next;
    } catch (error) {
      const isTaken = isFailure(error, 'E_OBJECT_CHANGED') || isFailure(error, 'E_OBJECT_EXISTS');
      const isOver = this.#options.clock.now().getTime() >= Date.parse(this.#document.endsAt);
      if (isTaken || isOver) this.#lost.abort(leaseLost(isTaken ? 'another process took it' : messageOf(error)));
      if (isTaken || isOver) this.signal.throwIfAborted();
      throw error;
    }
  }
}

function leaseLost(state: string): Failure {
  return new Failure('E_LEASE_LOST', `Cannot go on: the lease could not be kept: ${state}`, {
    exitCode: exitCodes.busy,
    hint: 'run the command again; nothing archived was lost',
  });
}

function renewed(document: LeaseDocument, { clock, seconds }: LeaseOptions): LeaseDocument {
  const now = clock.now();
  return { ...document, renewedAt: now.toISOString(), endsAt: new Date(now.getTime() + seconds * 1000).toISOString() };
}

function nameOf(holder: LeaseHolder): string {
  return `process ${holder.processId} on ${holder.host}`;
}

function encode(document: LeaseDocument): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ ...document, sha256: checksumOf(document) }, undefined, 2)}\n`);
}

/**
 * An unreadable lease counts as none: it protects nobody, and must not stop everybody for ever. One whose checksum does not fit is as unreadable: a flipped bit
 * in its end could hold others off for centuries. Whoever holds it notices, as the object is another one.
 */
function decode(bytes: Uint8Array): LeaseDocument | undefined {
  try {
    const { sha256, ...document } = storedLeaseSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return sha256 === undefined || sha256 === checksumOf(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function checksumOf({ holder, fence, renewedAt, endsAt }: LeaseDocument): string {
  const { host, processId, space, processBegan, container, work } = holder;
  return hash('sha256', JSON.stringify([host, processId, space, processBegan, container, work, fence, renewedAt, endsAt]), 'hex');
}

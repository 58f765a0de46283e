import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { goingFailure, hasEnded, type Pin, pinnedFailure, pinSchema } from '../domain/pin.ts';
import type { Clock } from '../foundation/clock.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { ObjectInfo, ObjectStore } from '../object-stores/object-store.ts';
import type { ArchivePins, LostPin, PinnedSnapshot } from './archive-pins.ts';
import { LostRaces } from './lost-races.ts';

/** Below it one object for each snapshot that is pinned or going. Nothing of it is locked. */
export const pinsPrefix = '.rootcellar/pins/';

/** How a layout keeps pins, and the snapshots that they are of. */
export interface PinContents {
  /** What the object is called below {@link pinsPrefix}; it stays the same when the snapshot is found to be damaged. */
  nameOf(snapshot: PinnedSnapshot): string;
  /** What can be known of the snapshot by the object's name alone, the rest empty; undefined for a name that is not of a pin. */
  snapshotOf(name: string): PinnedSnapshot | undefined;
  seal(json: Uint8Array): Uint8Array;
  /** Undefined where it is not as it was written. */
  open(name: string, bytes: Uint8Array): Uint8Array | undefined;
  /** The names that the snapshots that are there have, damaged ones too. */
  listNames(signal: AbortSignal | undefined): Promise<ReadonlySet<string>>;
  /** By more than a listing that may be old. */
  isThere(snapshot: PinnedSnapshot, signal: AbortSignal | undefined): Promise<boolean>;
  /** @throws Failure E_PIN_REFUSED for what no forget would drop */
  assertPinnable(snapshot: PinnedSnapshot, signal: AbortSignal | undefined): Promise<void>;
}

export interface StoredPinsOptions {
  readonly store: ObjectStore;
  readonly contents: PinContents;
  readonly clock: Clock;
  /** After so long a forget that began to drop a snapshot, and did not, is taken for dead. */
  readonly graceMilliseconds: number;
}

const documentSchema = z.discriminatedUnion('kind', [
  z.object({
    version: z.literal(1),
    kind: z.literal('pin'),
    snapshot: z.object({ id: z.string(), server: z.string(), backupId: z.string() }),
    ...pinSchema.shape,
  }),
  /** A forget is about to drop it. `token` tells it from other forgets. */
  z.object({ version: z.literal(1), kind: z.literal('going'), token: z.string() }),
]);

type PinDocument = z.infer<typeof documentSchema>;

/** What the one object of a snapshot says; `etag` is that of the object, undefined where there is none. */
type PinState = { readonly etag: string | undefined } & (
  | { readonly kind: 'free' }
  | { readonly kind: 'pinned'; readonly pin: Pin; readonly snapshot: PinnedSnapshot }
  | { readonly kind: 'going'; readonly token: string; readonly since: Date }
);

/** After these the store has let nothing go, and nothing is on its way. */
const definiteRefusals = ['E_ACCESS_DENIED', 'E_OBJECT_LOCKED', 'E_FORGET_REFUSED', 'E_SNAPSHOT_UNKNOWN'] as const;

const requestsAtOnce = 16;
const unknownSnapshot: PinnedSnapshot = { id: '', server: '', backupId: '' };

/**
 * Pins beside the snapshots of an archive. One object of a snapshot says whether it is pinned or going, and each change of it is a conditional write: so of a
 * pin and a forget at the same moment just one succeeds, whoever holds a lease. An empty object says neither; it is not removed while its snapshot is
 * there, as a store removes without conditions.
 */
export class StoredPins implements ArchivePins {
  readonly #options: StoredPinsOptions;

  constructor(options: StoredPinsOptions) {
    this.#options = options;
  }

  /** The pins that hold, by the object's name. Reads nothing but them. */
  async all(signal?: AbortSignal): Promise<ReadonlyMap<string, Pin>> {
    const found = await this.#list(signal);
    return new Map(found.flatMap(([name, state]) => (state.kind === 'pinned' ? [[name, state.pin] as const] : [])));
  }

  async lost({ signal }: OperationContext = {}): Promise<readonly LostPin[]> {
    const pinned = await this.#list(signal);
    if (!pinned.some(([, { kind }]) => kind === 'pinned')) return [];
    // After the pins: of one that was pinned just now the snapshot is there.
    const names = await this.#options.contents.listNames(signal);
    const lost: LostPin[] = [];
    for (const [name, { kind }] of pinned) {
      if (kind !== 'pinned' || names.has(name)) continue;
      // It may have been unpinned and forgotten meanwhile.
      const now = await this.#read(name, signal);
      if (now.kind === 'pinned') lost.push({ ...now.snapshot, key: keyOf(name), pin: now.pin });
    }
    return lost;
  }

  /** Of snapshots that are there: pins that cannot be read. */
  async damaged(
    signal?: AbortSignal,
  ): Promise<readonly { readonly key: string; readonly snapshot: PinnedSnapshot; readonly damage: string }[]> {
    return (await this.#list(signal)).flatMap(([name, state]) =>
      state.kind === 'pinned' && state.pin.damage !== undefined
        ? [{ key: keyOf(name), snapshot: state.snapshot, damage: state.pin.damage }]
        : [],
    );
  }

  async pin(snapshot: PinnedSnapshot, pin: Pin, { signal }: OperationContext = {}): Promise<void> {
    const { contents, clock, graceMilliseconds, store } = this.#options;
    const { id, server, backupId } = snapshot;
    const { damage: _damage, ...own } = pin;
    const document = pinSchema.parse(own);
    const name = contents.nameOf(snapshot);
    await contents.assertPinnable(snapshot, signal);
    await this.#change(name, signal, (state) => {
      if (state.kind === 'going' && clock.now().getTime() - state.since.getTime() < graceMilliseconds)
        throw goingFailure(snapshot, new Date(state.since.getTime() + graceMilliseconds));
      return { version: 1, kind: 'pin', snapshot: { id, server, backupId }, ...document };
    });
    // A forget that ended before has left nothing to see.
    if (await contents.isThere(snapshot, signal)) return;
    await this.unpin(snapshot, { signal });
    throw new Failure('E_SNAPSHOT_UNKNOWN', `Cannot pin ${id.slice(0, 12)}: it is no longer in ${store.location}`, {
      hint: 'run "rootcellar list" to see what is there',
    });
  }

  async unpin(snapshot: PinnedSnapshot, { signal }: OperationContext = {}): Promise<boolean> {
    const before = await this.#change(this.#options.contents.nameOf(snapshot), signal, ({ kind }) =>
      kind === 'pinned' ? 'free' : 'as it is',
    );
    return before.kind === 'pinned';
  }

  /**
   * Drops snapshots by `drop`, unless one of them is pinned: then none is. Nobody can pin them meanwhile. Resolves to the keys of what is left of it here, which
   * may be removed.
   *
   * @throws Failure E_SNAPSHOT_PINNED
   */
  async whileGoing(snapshots: readonly PinnedSnapshot[], drop: () => Promise<void>, signal?: AbortSignal): Promise<readonly string[]> {
    const token = randomUUID();
    const begun: string[] = [];
    try {
      for (const snapshot of snapshots) begun.push(await this.#begin(snapshot, token, signal));
      await drop();
    } catch (error) {
      // Whatever else went wrong: what was asked of the store may be done later still, and so nobody pins what it is about.
      if (isFailure(error, 'E_SNAPSHOT_PINNED') || definiteRefusals.some((code) => isFailure(error, code)))
        await this.#giveUp(begun, token);
      throw error;
    }
    return begun.map(keyOf);
  }

  async #begin(snapshot: PinnedSnapshot, token: string, signal: AbortSignal | undefined): Promise<string> {
    const name = this.#options.contents.nameOf(snapshot);
    await this.#change(name, signal, (state) => {
      if (state.kind === 'pinned') throw pinnedFailure(snapshot, state.pin);
      return { version: 1, kind: 'going', token };
    });
    return name;
  }

  /** Best effort: where it cannot be done, the snapshot can be pinned after the grace period. */
  async #giveUp(names: readonly string[], token: string): Promise<void> {
    for (const name of names) {
      const isOwn = (state: PinState): boolean => state.kind === 'going' && state.token === token;
      await this.#change(name, undefined, (state) => (isOwn(state) ? 'free' : 'as it is')).catch((error: unknown) => {
        if (!isFailure(error)) throw error;
      });
    }
  }

  /** Writes what `decide` makes of the state, unless another was quicker: then of the new one. Resolves to the state before. */
  async #change(
    name: string,
    signal: AbortSignal | undefined,
    decide: (state: PinState) => PinDocument | 'free' | 'as it is',
  ): Promise<PinState> {
    const { store, contents } = this.#options;
    const races = new LostRaces(`write ${keyOf(name)} in ${store.location}`);
    for (;;) {
      const state = await this.#read(name, signal);
      const wanted = decide(state);
      if (wanted === 'as it is' || (state.kind === 'going' && wanted !== 'free' && wanted.kind === 'going' && state.token === wanted.token))
        return state;
      const bytes =
        wanted === 'free' ? new Uint8Array() : contents.seal(new TextEncoder().encode(`${JSON.stringify(wanted, undefined, 2)}\n`));
      const condition = state.etag === undefined ? ({ absent: true } as const) : { etag: state.etag };
      try {
        await store.put(keyOf(name), bytes, { condition, signal });
        return state;
      } catch (error) {
        races.add(error);
      }
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<readonly (readonly [string, PinState])[]> {
    const { store, contents } = this.#options;
    const names: string[] = [];
    for await (const { key, bytes } of store.list(pinsPrefix, { signal })) {
      const name = key.slice(pinsPrefix.length);
      if (bytes > 0 && contents.snapshotOf(name) !== undefined) names.push(name);
    }
    return mapConcurrently(names, requestsAtOnce, async (name, _index, inner) => [name, await this.#read(name, inner)] as const, signal);
  }

  async #read(name: string, signal: AbortSignal | undefined): Promise<PinState> {
    const infos: ObjectInfo[] = [];
    const bytes = await this.#options.store.get(keyOf(name), { onInfo: (info) => infos.push(info), signal }).catch((error: unknown) => {
      if (isFailure(error, 'E_OBJECT_MISSING') || isFailure(error, 'E_OBJECT_DAMAGED')) return undefined;
      throw error;
    });
    // What is read again after it was cut off is told again.
    const info = infos.at(-1);
    if (info === undefined) return { kind: 'free', etag: undefined };
    return bytes?.length === 0 ? { kind: 'free', etag: info.etag } : this.#stateOf(name, bytes, info);
  }

  /** What cannot be read holds: it may be a pin. */
  #stateOf(name: string, bytes: Uint8Array | undefined, { etag, modifiedAt }: ObjectInfo): PinState {
    const { contents, clock } = this.#options;
    const document = decode(bytes && contents.open(name, bytes));
    const damaged = (damage: string): PinState => {
      const pin = { at: modifiedAt.toISOString(), by: 'unknown', damage };
      return { kind: 'pinned', etag, pin, snapshot: contents.snapshotOf(name) ?? unknownSnapshot };
    };
    if (document === undefined) return damaged('it cannot be read');
    if (document.kind === 'going') return { kind: 'going', etag, token: document.token, since: modifiedAt };
    const { at, by, reason, until, snapshot } = document;
    if (contents.nameOf(snapshot) !== name) return damaged('it is that of another snapshot');
    const pin = { at, by, ...(reason !== undefined && { reason }), ...(until !== undefined && { until }) };
    return hasEnded(pin, clock.now()) ? { kind: 'free', etag } : { kind: 'pinned', etag, pin, snapshot };
  }
}

function decode(bytes: Uint8Array | undefined): PinDocument | undefined {
  try {
    return bytes && documentSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

function keyOf(name: string): string {
  return `${pinsPrefix}${name}`;
}

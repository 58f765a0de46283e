import type { Clock } from '../../src/foundation/clock.ts';
import { MemoryStore } from '../../src/object-stores/memory-store.ts';
import type { CallOptions, ObjectInfo, PutOptions } from '../../src/object-stores/object-store.ts';

/** A listing does not lag behind for longer: far less than the grace period, as the format asks (docs/design/repository-format.md, §9). */
const longestLagMilliseconds = 3_600_000;

interface Write {
  readonly key: string;
  readonly info: ObjectInfo | undefined;
  readonly at: number;
}

/** A store in memory that knows what it held before each write. */
export class RememberingStore extends MemoryStore {
  readonly #clock: Clock;
  readonly #writes: Write[] = [];

  constructor(clock: Clock) {
    super({ clock });
    this.#clock = clock;
  }

  /** How many writes it has seen: where that is the same, nothing changed. */
  get writes(): number {
    return this.#writes.length;
  }

  override async put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<ObjectInfo> {
    const info = await super.put(key, bytes, options);
    this.#remember(key, info);
    return info;
  }

  override async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    await super.delete(keys, options);
    for (const key of keys) this.#remember(key, undefined);
  }

  /** What a store shows whose listings lag behind by so many writes. */
  listBefore(writesAgo: number, prefix: string): readonly ObjectInfo[] {
    const now = this.#clock.now().getTime();
    const young = this.#writes.findIndex(({ at }) => now - at <= longestLagMilliseconds);
    const seen = Math.max(young < 0 ? this.#writes.length : young, this.#writes.length - writesAgo);
    const held = new Map<string, ObjectInfo>();
    for (const { key, info } of this.#writes.slice(0, seen)) {
      if (info === undefined) held.delete(key);
      else if (key.startsWith(prefix)) held.set(key, info);
    }
    return [...held.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  #remember(key: string, info: ObjectInfo | undefined): void {
    this.#writes.push({ key, info, at: this.#clock.now().getTime() });
  }
}

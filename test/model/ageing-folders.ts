import { readdir, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { etagOf, LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { resticAt } from '../harness/restic.ts';
import { realClock } from '../harness/real-clock.ts';
import { AgedEtags, withSteadyEtags } from './aged-etags.ts';
import type { WorldClock, WorldOptions } from './world.ts';

/** The clock of a world that lies in a folder, for which time passes by making all that lies there older. */
class AgeingClock implements WorldClock {
  readonly etags = new AgedEtags();
  readonly #folder: string;
  #passed = 0;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  now(): Date {
    return realClock.now();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const sleeper = { until: this.#passed + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  async advance(milliseconds: number): Promise<void> {
    await age(this.#folder, milliseconds, this.etags);
    this.#passed += milliseconds;
    const awake = this.#sleepers.filter(({ until }) => until <= this.#passed);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#passed);
    for (const { wake } of awake.toSorted((a, b) => a.until - b.until)) wake();
  }
}

/** Makes all files below a folder older; what is removed meanwhile is passed over. */
async function age(folder: string, milliseconds: number, etags: AgedEtags): Promise<void> {
  for (const entry of (await unlessGone(() => readdir(folder, { withFileTypes: true }))) ?? []) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) await age(place, milliseconds, etags);
    else
      await unlessGone(async () => {
        const before = await stat(place, { bigint: true });
        const older = Number(before.mtimeNs / 1000n - BigInt(milliseconds) * 1000n) / 1_000_000;
        await utimes(place, older, older);
        const after = await stat(place, { bigint: true });
        if (after.ino === before.ino && after.size === before.size) etags.note(etagOf(before), etagOf(after));
      });
  }
}

async function unlessGone<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Two folders that the stock restic opens as well. */
export async function ageingFolders(folder: string): Promise<Pick<WorldOptions, 'clock' | 'stores' | 'restic'>> {
  const home = path.join(folder, 'archives');
  const places = { first: path.join(home, 'first'), second: path.join(home, 'second') };
  const clock = new AgeingClock(home);
  const storeAt = (place: string): ObjectStore => withSteadyEtags(new LocalFolderStore({ folder: place, clock: realClock }), clock.etags);
  return {
    clock,
    stores: { first: storeAt(places.first), second: storeAt(places.second) },
    restic: (where, password) => resticAt({ repository: places[where], password }),
  };
}

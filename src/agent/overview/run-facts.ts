import { z } from 'zod';
import type { VerifyFacts } from '../../domain/last-verified.ts';
import type { Job, RunRecord } from '../../domain/run-record.ts';

/** What a backup cost, by its own account. */
export interface BackupFacts {
  readonly entries: number | undefined;
  /** How many of its bytes the archive did not have yet. */
  readonly newBytes: number;
  readonly milliseconds: number;
}

/** A command that was run, whoever asked for it, with the document that it printed. */
export type ToldRun = Pick<RunRecord, 'beganAt' | 'endedAt' | 'outcome' | 'result'> & { readonly job: Job };

/** More than the history keeps. */
const mostBackups = 10_000;
/** Each with an ID for each snapshot. */
const mostVerifies = 8;

const backupResult = z.object({
  id: z.string(),
  newBytes: z.number(),
  entries: z.number().nullish(),
  milliseconds: z.number().optional(),
});
const verifyResult = z.object({
  isWhole: z.boolean().nullish(),
  snapshots: z.array(z.object({ id: z.string(), lockedUntil: z.string().nullish() })),
});
const drillResult = z.object({ time: z.string(), kind: z.literal('drill') });

/** The few facts of documents that runs printed which are told long after the documents are given up; bounded. */
export class RunFacts implements VerifyFacts {
  readonly #backups = new Map<string, BackupFacts>();
  /** By the verification that is the newest of those that looked at locks. */
  #locks: { readonly at: string; readonly ends: ReadonlyMap<string, string> } = { at: '', ends: new Map() };
  readonly #drillTimes = new Set<string>();
  #verifies: VerifyFacts['verifies'] = [];
  #version = 0;

  /** Changes whenever something was learned about a snapshot. */
  get version(): number {
    return this.#version;
  }

  get verifies(): VerifyFacts['verifies'] {
    return this.#verifies;
  }

  get drillTimes(): ReadonlySet<string> {
    return this.#drillTimes;
  }

  /** By the ID of its snapshot; undefined where no run told it. */
  backup(id: string): BackupFacts | undefined {
    return this.#backups.get(id);
  }

  /** Until when the snapshot of this ID is locked at the least; undefined where it is not, or nobody looked. */
  lockedUntil(id: string): string | undefined {
    return this.#locks.ends.get(id);
  }

  learn(runs: readonly ToldRun[]): void {
    for (const run of runs) {
      if (run.job === 'backup') this.#learnBackup(run);
      else if (run.job === 'verify') this.#learnVerify(run);
      else if (run.job === 'drill') this.#learnDrill(run);
    }
  }

  #learnBackup({ beganAt, endedAt, result }: ToldRun): void {
    const told = backupResult.safeParse(result).data;
    if (told === undefined || this.#backups.has(told.id)) return;
    const { id, newBytes, entries, milliseconds = Date.parse(endedAt) - Date.parse(beganAt) } = told;
    this.#backups.set(id, { newBytes, entries: entries ?? undefined, milliseconds });
    this.#version += 1;
    const [oldest] = this.#backups.keys();
    if (this.#backups.size > mostBackups && oldest !== undefined) this.#backups.delete(oldest);
  }

  /**
   * One that read a part only found no damage in it, and looked at the presence of all. A document that is missing though it succeeded was larger than 1 MiB:
   * such a one was about all snapshots.
   */
  #learnVerify({ beganAt, outcome, result }: ToldRun): void {
    const told = verifyResult.safeParse(result).data;
    if (told !== undefined) this.#learnLocks(beganAt, told.snapshots);
    const isGood = told === undefined ? outcome === 'success' && result === undefined : told.isWhole !== false;
    if (!isGood || this.#verifies.some(({ at }) => at === beganAt)) return;
    const ids = told && new Set(told.snapshots.map(({ id }) => id));
    this.#verifies = [...this.#verifies, { at: beganAt, ids }].toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, mostVerifies);
  }

  #learnLocks(at: string, snapshots: z.output<typeof verifyResult>['snapshots']): void {
    // Where there is no lock to look for nothing is said of one.
    if (at <= this.#locks.at || snapshots.every(({ lockedUntil }) => lockedUntil === undefined)) return;
    this.#locks = { at, ends: new Map(snapshots.flatMap(({ id, lockedUntil }) => (lockedUntil ? [[id, lockedUntil] as const] : []))) };
    this.#version += 1;
  }

  #learnDrill({ result }: ToldRun): void {
    const told = drillResult.safeParse(result).data;
    if (told !== undefined) this.#drillTimes.add(told.time);
    const [oldest] = this.#drillTimes;
    if (this.#drillTimes.size > mostBackups && oldest !== undefined) this.#drillTimes.delete(oldest);
  }
}

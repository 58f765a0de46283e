import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Clock } from '../foundation/clock.ts';
import { Failure, messageOf } from '../foundation/failure.ts';
import type { Staging } from './staging.ts';

const stepSchema = z.object({
  key: z.string(),
  state: z.enum(['begun', 'done']),
  milliseconds: z.number().nonnegative().default(0),
});

/** What a restore has done so far: written before each step, and after it. Version 1. */
const journalSchema = z.object({
  version: z.literal(1),
  /** RFC 3339, UTC. */
  began: z.iso.datetime(),
  /** The name that the archive keeps the restored server under. */
  server: z.string(),
  /** Where it is: `ldaps://…`. */
  target: z.string(),
  snapshot: z.string(),
  backupId: z.string(),
  backends: z.array(z.string()),
  /** Of what of the set it restores; its backups unless told. */
  source: z.enum(['backup', 'export']).optional(),
  topology: z
    .object({
      baseDns: z.array(z.string()),
      target: z.string(),
      others: z.array(
        z.object({ name: z.string(), entriesNow: z.number().optional(), isWritable: z.boolean(), isReplicating: z.boolean() }),
      ),
      isFenced: z.boolean(),
      isAllAtOnce: z.boolean(),
    })
    .optional(),
  /** What each fence put aside, by replica. */
  fences: z.record(z.string(), z.array(z.object({ id: z.string(), writability: z.string() }))).default({}),
  /** `back`: it failed and is being undone; such a restore never goes on. */
  direction: z.enum(['forward', 'back']),
  steps: z.array(stepSchema),
});

export type JournalDocument = z.infer<typeof journalSchema>;

/**
 * The journal of one restore: a file beside the staged sets of its server. What it says was done, was done; what it says was begun may
 * have been done, and is done again. Each change is on the disk before the call resolves.
 */
export class RestoreJournal {
  readonly #file: string;
  readonly #clock: Clock;
  #document: JournalDocument;

  private constructor(file: string, document: JournalDocument, clock: Clock) {
    this.#file = file;
    this.#document = document;
    this.#clock = clock;
  }

  get document(): JournalDocument {
    return this.#document;
  }

  static async begin(staging: Staging, document: JournalDocument, clock: Clock): Promise<RestoreJournal> {
    const journal = new RestoreJournal(fileOf(staging, document.server), document, clock);
    await journal.#write();
    return journal;
  }

  /** That of an earlier run which did not come to its end; undefined when there is none. @throws Failure E_JOURNAL_UNREADABLE */
  static async find(staging: Staging, server: string, clock: Clock): Promise<RestoreJournal | undefined> {
    const document = await readJournal(staging, server);
    return document === undefined ? undefined : new RestoreJournal(fileOf(staging, server), document, clock);
  }

  isBegun(key: string): boolean {
    return this.#document.steps.some((step) => step.key === key);
  }

  isDone(key: string): boolean {
    return this.#document.steps.some((step) => step.key === key && step.state === 'done');
  }

  /** Does the work of a step between two entries; what it rejects with leaves the step begun. */
  async step(key: string, work: () => Promise<void>): Promise<void> {
    const others = this.#document.steps.filter((step) => step.key !== key);
    await this.#change({ steps: [...others, { key, state: 'begun', milliseconds: 0 }] });
    const began = this.#clock.now().getTime();
    await work();
    const milliseconds = Math.max(0, this.#clock.now().getTime() - began);
    await this.#change({ steps: [...others, { key, state: 'done', milliseconds }] });
  }

  /** Notes what a fence put aside; what was noted first stays, as a second look sees our own fence. */
  async noteFence(replica: string, backends: readonly { readonly id: string; readonly writability: string }[]): Promise<void> {
    if (this.#document.fences[replica] !== undefined) return;
    await this.#change({ fences: { ...this.#document.fences, [replica]: backends.map((backend) => ({ ...backend })) } });
  }

  /** From here on it is undone. */
  async turnBack(): Promise<void> {
    await this.#change({ direction: 'back' });
  }

  /** The restore has come to its end, one way or the other. */
  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  async #change(part: Partial<JournalDocument>): Promise<void> {
    this.#document = { ...this.#document, ...part };
    await this.#write();
  }

  /** On the disk under its name, or not at all. */
  async #write(): Promise<void> {
    const temporary = `${this.#file}.new`;
    try {
      const file = await open(temporary, 'w', 0o640);
      try {
        await file.writeFile(`${JSON.stringify(this.#document, undefined, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#file);
      await syncFolder(path.dirname(this.#file));
    } catch (error) {
      throw new Failure('E_JOURNAL_NOT_WRITABLE', `Cannot write the journal of the restore ${this.#file}: ${messageOf(error)}`, {
        cause: error,
        hint: 'make room or see that the staging folder can be written, then run the restore again: it goes on where it was',
      });
    }
  }
}

/** What an unfinished restore of this server has done; undefined when there is none. @throws Failure E_JOURNAL_UNREADABLE */
export async function readJournal(staging: Staging, server: string): Promise<JournalDocument | undefined> {
  const file = fileOf(staging, server);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw unreadable(file, messageOf(error), error);
  }
  try {
    return journalSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(file, 'it is not a journal of this version', error);
  }
}

function unreadable(file: string, state: string, cause: unknown): Failure {
  return new Failure('E_JOURNAL_UNREADABLE', `Cannot read the journal of an unfinished restore ${file}: ${state}`, {
    cause,
    hint: 'see with "dsreplication status" that replication is not suspended and that the server has its entries, then move the file away',
  });
}

/** Beside the folder of the server's sets, whose rests a backup sweeps; no server's name begins with a dot. */
function fileOf(staging: Staging, server: string): string {
  return path.join(staging.folder, `.restore-${server}.json`);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

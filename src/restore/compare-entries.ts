import { hash } from 'node:crypto';
import { comparableDn } from '../domain/comparable-dn.ts';
import { entryDigest, EntryTotals } from '../domain/entry-digest.ts';
import { timesOf } from '../domain/entry-times.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';
import { EntryTable, type TabledEntry } from './entry-table.ts';

/** Entries from the first to the last, anew at each call. */
export type EntrySource = () => AsyncIterable<readonly LdifEntry[]>;

/** Seconds since 1970 by the server's clock, both included. */
export interface TimeWindow {
  readonly began: number;
  readonly ended: number;
}

export interface CompareRequest {
  readonly expected: EntrySource;
  readonly found: EntrySource;
  /** How many entries `expected` has, counted before. */
  readonly expectedEntries: number;
  /** Which of the two was taken later, and when writers were at work between the two; without a window every difference is one. */
  readonly later: 'expected' | 'found';
  readonly window?: TimeWindow | undefined;
  /** When clients may have written to what was found, beside the window: what bears a time of it is excused as well. */
  readonly writtenSince?: TimeWindow | undefined;
  /** How many entries that were there when the window began were removed in it, by what the server counted; `created`: those of the later side that were made in it. */
  readonly removedMeanwhile?: ((created: number) => number | Promise<number>) | undefined;
  /** How many entries are kept in memory at once; two million unless told. More take more turns. */
  readonly atOnce?: number | undefined;
}

export type EntryDifferenceExample = NonNullable<EntryProof['examples']>[number];

export interface EntryComparison {
  readonly found: EntryTotals;
  /** Exact; those that were changed meanwhile are not among them. An entry that is there twice is one. */
  readonly differences: number;
  readonly changedMeanwhile: number;
  /** Of the differences those that a DN shows, by kind. */
  readonly counts: Readonly<Record<'missing' | 'unexpected' | 'different', number>>;
  /** The first of each kind. */
  readonly examples: readonly EntryDifferenceExample[];
}

const examplesOfEach = 50;

/**
 * Lists by DN what differs between two sets of entries. What was written in the window is told apart by the times that the entries themselves have: an entry that
 * is there only before or only later has none to show for its removal, and is excused only as far as the server's counts tell of removals (or entries of new names of renames).
 * Memory is bounded, for which the sources are read more than once.
 *
 * @throws Failure E_FILE_DAMAGED (exit code 20) when `expected` has more entries than were counted
 */
export async function compareEntries(request: CompareRequest): Promise<EntryComparison> {
  const { expectedEntries, atOnce = 2_000_000 } = request;
  const parts = Math.max(1, Math.ceil(expectedEntries / atOnce));
  const tally = new Tally(request);
  for (let part = 0; part < parts; part += 1) {
    const turn = { part, parts, isFirst: part === 0 };
    const table = await tableOf(request, turn, tally);
    await lookUp(request, turn, table, tally);
    if (table.unseen > 0) await nameUnseen(request, turn, table, tally);
  }
  return tally.result();
}

interface Turn {
  readonly part: number;
  readonly parts: number;
  readonly isFirst: boolean;
}

async function tableOf(request: CompareRequest, turn: Turn, tally: Tally): Promise<EntryTable> {
  // Parts are of about the same size; a little more room than the average is enough, and the table has half as much again.
  const table = new EntryTable(Math.ceil((request.expectedEntries / turn.parts) * 1.05) + 16);
  for await (const batch of request.expected()) {
    for (const entry of batch) {
      const { isOfTurn, tabled } = tally.look(entry, turn);
      if (turn.isFirst && request.later === 'expected') tally.countCreated(entry);
      if (!isOfTurn) continue;
      const one = tabled();
      tally.expected.add(one.digest);
      if (!table.add(one)) throw moreThanCounted(request.expectedEntries);
    }
  }
  return table;
}

async function lookUp(request: CompareRequest, turn: Turn, table: EntryTable, tally: Tally): Promise<void> {
  for await (const batch of request.found()) {
    for (const entry of batch) {
      const { isOfTurn, tabled } = tally.look(entry, turn);
      if (turn.isFirst && request.later === 'found') tally.countCreated(entry);
      if (!isOfTurn) continue;
      const one = tabled();
      tally.found.add(one.digest);
      const look = table.look(one);
      if (look.found === 'absent') tally.onlyOne(entry, 'found');
      else if (look.found === 'different') tally.different(entry, one.touched, look.touched);
    }
  }
}

async function nameUnseen(request: CompareRequest, turn: Turn, table: EntryTable, tally: Tally): Promise<void> {
  for await (const batch of request.expected()) {
    for (const entry of batch) {
      const { isOfTurn, key } = tally.look(entry, turn);
      if (isOfTurn && table.isUnseen(key)) tally.onlyOne(entry, 'expected');
    }
  }
}

type Difference = EntryDifferenceExample['difference'];

/** Counts what differs and why, and keeps the first of each kind. */
class Tally {
  readonly expected = new EntryTotals();
  readonly found = new EntryTotals();
  readonly #request: CompareRequest;
  readonly #counts = { missing: 0, unexpected: 0, different: 0, 'changed-meanwhile': 0 };
  readonly #examples: Record<Difference, string[]> = { missing: [], unexpected: [], different: [], 'changed-meanwhile': [] };
  /** Of the earlier side only, and not written to in the window: removed in it, or lost. */
  readonly #vanished = { count: 0, dns: [] as string[] };
  /** Entries of the one side and not of the other, whatever became of them. */
  readonly #only = { expected: 0, found: 0 };
  #created = 0;
  #renamed = 0;

  constructor(request: CompareRequest) {
    this.#request = request;
  }

  look(entry: LdifEntry, { part, parts }: Turn): { readonly isOfTurn: boolean; readonly key: Buffer; readonly tabled: () => TabledEntry } {
    const dn = comparableDn(entry.dn);
    const key = hash('sha256', dn, 'buffer');
    const tabled = () => ({ key, digest: entryDigest(entry, dn), touched: timesOf(entry, this.#latest).touched });
    return { isOfTurn: parts === 1 || key.readUInt32LE(8) % parts === part, key, tabled };
  }

  countCreated(entry: LdifEntry): void {
    if (this.#isInWindow(timesOf(entry, this.#latest).created)) this.#created += 1;
  }

  different({ dn }: LdifEntry, touched: number, touchedThere: number): void {
    const isExcused = this.#isInWindow(touched) || this.#isInWindow(touchedThere) || this.#isWrittenSince(touched);
    this.#note(isExcused ? 'changed-meanwhile' : 'different', dn);
  }

  onlyOne(entry: LdifEntry, side: 'expected' | 'found'): void {
    this.#only[side] += 1;
    const { created, touched } = timesOf(entry, this.#latest);
    const isLater = side === this.#request.later;
    if (this.#isInWindow(touched) || (side === 'found' && this.#isWrittenSince(touched))) {
      if (isLater && !this.#isInWindow(created)) this.#renamed += 1;
      this.#note('changed-meanwhile', entry.dn);
      return;
    }
    if (isLater || this.#request.window === undefined) {
      this.#note(side === 'expected' ? 'missing' : 'unexpected', entry.dn);
      return;
    }
    this.#vanished.count += 1;
    if (this.#vanished.dns.length < examplesOfEach) this.#vanished.dns.push(entry.dn);
  }

  async result(): Promise<EntryComparison> {
    const { later, removedMeanwhile } = this.#request;
    const excused = ((await removedMeanwhile?.(this.#created)) ?? 0) + this.#renamed;
    const kind = this.#vanished.count <= excused ? 'changed-meanwhile' : later === 'expected' ? 'unexpected' : 'missing';
    this.#counts[kind] += this.#vanished.count;
    this.#examples[kind] = [...this.#examples[kind], ...this.#vanished.dns].slice(0, examplesOfEach);
    const { 'changed-meanwhile': changedMeanwhile, ...faults } = this.#counts;
    const kinds = ['missing', 'unexpected', 'different', 'changed-meanwhile'] as const;
    return {
      found: this.found,
      differences: faults.missing + faults.unexpected + faults.different + this.#unaccounted(changedMeanwhile),
      changedMeanwhile,
      counts: faults,
      examples: kinds.flatMap((difference) => this.#examples[difference].map((dn) => ({ dn, difference }))),
    };
  }

  /** What no DN shows: entries that are there twice; or, with all else the same, a digest that is not. */
  #unaccounted(changedMeanwhile: number): number {
    const { missing, unexpected, different } = this.#counts;
    const twice = Math.abs(this.found.entries - (this.expected.entries - this.#only.expected + this.#only.found));
    const isSilent = twice + missing + unexpected + different + changedMeanwhile === 0;
    return isSilent && this.found.digest !== this.expected.digest ? 1 : twice;
  }

  get #latest(): number {
    const { window, writtenSince } = this.#request;
    return Math.max(window?.ended ?? 0, writtenSince?.ended ?? 0);
  }

  #isInWindow(seconds: number): boolean {
    const { window } = this.#request;
    return window !== undefined && seconds >= window.began && seconds <= window.ended;
  }

  #isWrittenSince(seconds: number): boolean {
    const { writtenSince } = this.#request;
    return writtenSince !== undefined && seconds >= writtenSince.began && seconds <= writtenSince.ended;
  }

  #note(difference: Difference, dn: string): void {
    this.#counts[difference] += 1;
    if (this.#examples[difference].length < examplesOfEach) this.#examples[difference].push(dn);
  }
}

function moreThanCounted(entries: number): Failure {
  return new Failure('E_FILE_DAMAGED', `Cannot compare the entries: there are more of them than the ${entries} that were counted before`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'see that nothing else writes to the files of the run, then run the command again',
  });
}

import type { ChangeRecord, Modification } from '../../domain/change-record.ts';
import { isAtOrBelow, normalDn } from '../../domain/dn.ts';
import { differingNames, dnAfter, entryAfter, type EntryState } from '../../domain/entry-after.ts';
import { textBytes } from '../../domain/byte-text.ts';
import { inverseOf } from '../../domain/inverse-change.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { ChangeAbilities } from '../../directory-servers/entry-changes.ts';
import { KeptParts, type NotKept } from '../plan/kept-parts.ts';
import { namesAbove } from '../plan/moved-names.ts';
import type { PlannedChange, PlannedWaves } from '../plan/planned-change.ts';
import type { UndoRecord } from './undo-file.ts';

export interface UndoConflict {
  readonly record: UndoRecord;
  /** A clause: what is there now, and so why it is left alone. */
  readonly because: string;
  /** Whether it can be forced. */
  readonly canBeForced: boolean;
}

export interface UndoPlan extends PlannedWaves {
  readonly notKept: readonly NotKept[];
  /** Records whose change is not there: never made, or taken back already. */
  readonly alreadyUndone: number;
  readonly conflicts: readonly UndoConflict[];
}

/** Reads what is at a DN now; undefined: nothing. */
export type ReadState = (dn: string) => Promise<EntryState | undefined>;

interface PlanOptions {
  readonly schema: Schema;
  /** What the server can keep as it was; the rest is left out and named. */
  readonly abilities: ChangeAbilities;
  /** Conflicts are overridden as far as that is possible. */
  readonly isForced: boolean;
}

/**
 * Decides for each record, the last change first, against what is there now: what was never changed or is taken back already needs nothing; what is as the change
 * left it is taken back; what somebody has changed since is a conflict. Each is judged as if those before it had been taken back.
 */
export async function planUndo(records: readonly UndoRecord[], read: ReadState, options: PlanOptions): Promise<UndoPlan> {
  const present = new PresentEntries(read, options.schema);
  const leaving = new Leaving(records);
  const kept = new KeptParts(options.abilities, options.schema);
  const planned: PlannedChange[] = [];
  const conflicts: UndoConflict[] = [];
  let alreadyUndone = 0;
  for (const [index, record] of records.entries()) {
    if (index % readAhead === 0) present.readAhead(records.slice(index, index + readAhead));
    const place = await leaving.placeOf(record.undo, present);
    const verdict =
      place === undefined
        ? 'undone'
        : judge(atPlace(record, place), await present.at(place), await targetOf(record.undo, present), options);
    if (verdict === 'undone') alreadyUndone += 1;
    else if ('because' in verdict && (await leaving.makesMoot(record.undo, present, options))) alreadyUndone += 1;
    else if ('because' in verdict) conflicts.push({ record, ...verdict });
    else {
      const before = await present.at(verdict.change.dn);
      const change = kept.take(verdict.change);
      if (change === undefined) continue;
      const undo = inverseOf(change, before, options.schema) ?? record.did;
      planned.push({ change, undo, reason: record.reason });
      present.change(change, before);
    }
  }
  return { notKept: kept.notKept, waves: wavesOf(planned), alreadyUndone, conflicts };
}

/** Records whose entries are asked for at the same time. */
const readAhead = 32;

/** Entries that are renamed, deleted or made again by taking changes back; after that they are found elsewhere, or nowhere, by those who take the same back again. */
class Leaving {
  readonly #leaving = new Map<string, ChangeRecord>();

  readonly #returning = new Map<string, Extract<ChangeRecord, { kind: 'add' }>>();

  constructor(records: readonly UndoRecord[]) {
    for (const { undo } of records) {
      if (undo.kind === 'rename' || undo.kind === 'delete') this.#leaving.set(normalDn(undo.dn), undo);
      else if (undo.kind === 'add') this.#returning.set(normalDn(undo.dn), undo);
    }
  }

  /**
   * Values of an entry do not matter whose own addition is taken back: that is judged by itself. And an entry is not to be deleted that is already what another record
   * would make of it.
   */
  async makesMoot(undo: ChangeRecord, present: PresentEntries, options: PlanOptions): Promise<boolean> {
    const name = normalDn(undo.dn);
    if (undo.kind === 'modify') return this.#leaving.get(name)?.kind === 'delete';
    const returning = this.#returning.get(name);
    if (undo.kind !== 'delete' || returning === undefined) return false;
    return judgeAdd(returning, await present.at(undo.dn), { ...options, isForced: false }) === 'undone';
  }

  /** Where the entry of a modification is; undefined where it is gone because its addition was taken back. */
  async placeOf(undo: ChangeRecord, present: PresentEntries): Promise<string | undefined> {
    if (undo.kind !== 'modify' || (await present.at(undo.dn)) !== undefined) return undo.dn;
    for (const name of [normalDn(undo.dn), ...namesAbove(normalDn(undo.dn))]) {
      const left = this.#leaving.get(name);
      if (left === undefined) continue;
      const to = dnAfter(left);
      if (to === undefined) return undefined;
      return `${normalDn(undo.dn).slice(0, normalDn(undo.dn).length - name.length)}${to}`;
    }
    return undo.dn;
  }
}

function atPlace(record: UndoRecord, dn: string): UndoRecord {
  const { undo, did } = record;
  if (undo.kind !== 'modify' || undo.dn === dn) return record;
  return { ...record, undo: { ...undo, dn }, did: did.kind === 'modify' ? { ...did, dn } : did };
}

async function targetOf(undo: ChangeRecord, present: PresentEntries): Promise<EntryState | undefined> {
  const dn = undo.kind === 'rename' ? dnAfter(undo) : undefined;
  return dn === undefined ? undefined : present.at(dn);
}

type Verdict = 'undone' | { readonly change: ChangeRecord } | { readonly because: string; readonly canBeForced: boolean };

/** `now` is what stands at the DN that the undoing change names, `target` what stands where a rename leads. */
function judge(record: UndoRecord, now: EntryState | undefined, target: EntryState | undefined, options: PlanOptions): Verdict {
  const { undo } = record;
  switch (undo.kind) {
    case 'delete':
      return judgeDelete(record, undo, now, options);
    case 'add':
      return judgeAdd(undo, now, options);
    case 'modify':
      return judgeModify(record, undo, now, options);
    case 'rename': {
      if (now === undefined) {
        return target === undefined ? { because: 'the entry is at neither of its names any more', canBeForced: false } : 'undone';
      }
      if (normalDn(undo.dn) === normalDn(target?.dn ?? '')) return { change: undo };
      return target === undefined ? { change: undo } : { because: `another entry has the name ${target.dn} now`, canBeForced: false };
    }
  }
}

function judgeDelete({ did }: UndoRecord, undo: ChangeRecord, now: EntryState | undefined, { schema, isForced }: PlanOptions): Verdict {
  if (now === undefined) return 'undone';
  const made = did.kind === 'add' ? entryAfter(undefined, did, schema) : undefined;
  const others = made === undefined ? [] : differing(made, now, schema);
  if (others.length === 0 || isForced) return { change: undo };
  return { because: `it was changed since it was added (${others.join(', ')})`, canBeForced: true };
}

function judgeAdd(undo: Extract<ChangeRecord, { kind: 'add' }>, now: EntryState | undefined, { schema, isForced }: PlanOptions): Verdict {
  if (now === undefined) return { change: undo };
  const wanted = entryAfter(undefined, undo, schema);
  const others = wanted === undefined ? [] : differing(wanted, now, schema);
  if (wanted === undefined || others.length === 0) return 'undone';
  if (!isForced) return { because: `an entry with other values is there (${others.join(', ')})`, canBeForced: true };
  const changes = replacements(others, wanted, now);
  return { change: { kind: 'modify', dn: undo.dn, changes } };
}

function judgeModify(
  { did }: UndoRecord,
  undo: Extract<ChangeRecord, { kind: 'modify' }>,
  now: EntryState | undefined,
  { schema, isForced }: PlanOptions,
): Verdict {
  if (now === undefined) return { because: 'the entry is not there any more', canBeForced: false };
  const redone = (did.kind === 'modify' ? entryAfter(now, did, schema) : undefined) ?? now;
  const undone = entryAfter(redone, undo, schema) ?? now;
  const toDo = differing(undone, now, schema);
  if (toDo.length === 0) return 'undone';
  const others = differing(redone, now, schema);
  if (others.length === 0) return { change: undo };
  if (!isForced) return { because: `it was changed since (${others.join(', ')})`, canBeForced: true };
  return { change: { kind: 'modify', dn: undo.dn, changes: replacements(toDo, undone, now) } };
}

/** What makes these attributes what they are to be, whatever they are. */
function replacements(names: readonly string[], wanted: EntryState, now: EntryState): readonly Modification[] {
  return names.map((name) => ({
    op: 'replace',
    name: (wanted.values.get(name) ?? now.values.get(name))?.name ?? name,
    values: (wanted.values.get(name)?.values ?? []).map(textBytes),
  }));
}

/** Attributes that clients may write and whose values differ; what the server keeps up by itself says nothing. */
function differing(left: EntryState, right: EntryState, schema: Schema): readonly string[] {
  return differingNames(left.values, right.values, (name) => schema.attribute(name)?.isUserModifiable !== false);
}

/** What is on the server, with what is planned before. */
class PresentEntries {
  readonly #read: ReadState;
  readonly #schema: Schema;
  readonly #ahead = new Map<string, Promise<EntryState | undefined>>();
  readonly #changed = new Map<string, EntryState | undefined>();
  readonly #moves: { readonly from: string; readonly to: string }[] = [];

  constructor(read: ReadState, schema: Schema) {
    this.#read = read;
    this.#schema = schema;
  }

  /** Begins to read what these records will ask for; that of those before is dropped. */
  readAhead(records: readonly UndoRecord[]): void {
    this.#ahead.clear();
    for (const { undo } of records) {
      const reading = this.#read(undo.dn);
      // Thrown where it is awaited.
      reading.catch(() => undefined);
      this.#ahead.set(undo.dn, reading);
    }
  }

  async at(dn: string): Promise<EntryState | undefined> {
    const normal = normalDn(dn);
    if (this.#changed.has(normal)) return this.#changed.get(normal);
    // Where it is before the renames that are planned.
    let place = normal;
    for (const { from, to } of this.#moves.toReversed()) {
      if (isAtOrBelow(place, to)) place = `${place.slice(0, place.length - to.length)}${from}`;
    }
    const found = await (place === normal ? (this.#ahead.get(dn) ?? this.#read(dn)) : this.#read(place));
    return found === undefined ? undefined : { ...found, dn };
  }

  change(change: ChangeRecord, before: EntryState | undefined): void {
    const after = entryAfter(before, change, this.#schema);
    const dn = dnAfter(change);
    if (change.kind === 'rename' || change.kind === 'delete') this.#changed.set(normalDn(change.dn), undefined);
    if (dn !== undefined) this.#changed.set(normalDn(dn), after);
    if (change.kind === 'rename' && dn !== undefined) this.#moves.push({ from: normalDn(change.dn), to: normalDn(dn) });
  }
}

/** Changes of one kind that follow one another go together, as long as none is of an entry that is above, below or the same as another's. */
export function wavesOf(changes: readonly PlannedChange[]): readonly (readonly PlannedChange[])[] {
  const waves: { readonly kind: string; readonly changes: PlannedChange[]; readonly names: Set<string>; readonly above: Set<string> }[] =
    [];
  for (const planned of changes) {
    const { change } = planned;
    const names = [change.dn, dnAfter(change) ?? change.dn].map(normalDn);
    const above = names.flatMap(namesAbove);
    let wave = waves.at(-1);
    const isApart =
      wave?.kind !== change.kind ||
      names.some((name) => wave?.names.has(name)) ||
      (change.kind !== 'modify' && (names.some((name) => wave?.above.has(name)) || above.some((name) => wave?.names.has(name))));
    if (wave === undefined || isApart) {
      wave = { kind: change.kind, changes: [], names: new Set(), above: new Set() };
      waves.push(wave);
    }
    wave.changes.push(planned);
    for (const name of names) wave.names.add(name);
    for (const name of above) wave.above.add(name);
  }
  return waves.map((wave) => wave.changes);
}

import { type AttributeChange, changesBetween, valuesOf } from '../../domain/entry-changes.ts';
import type { Modification } from '../../domain/change-record.ts';
import { depthOf, normalDn, parentDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { EntriesNow, EntriesPast, EntryConflict, EntryPlan, ToldNames } from './entry-plan.ts';
import { hasNamingValue, renamed, type EntryWriter } from './entry-writer.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import { areSameDn, joined, MovedNames, ownStep } from './moved-names.ts';
import { type AddStep, type DeleteStep, type ModifyStep, orderChanges, type RenameStep } from './order-changes.ts';
import { splitAddition, splitModifications } from './split-large.ts';

interface Absent {
  readonly was: LdifEntry;
  readonly reason: string;
}

interface Moved {
  readonly was: LdifEntry;
  readonly now: LdifEntry;
  /** Undefined: all that differs. */
  readonly changes: readonly AttributeChange[] | undefined;
}

/** An entry of then that something is put below. */
interface Parent {
  readonly was: LdifEntry | undefined;
  /** What it is called now, where it is there. */
  readonly now: string | undefined;
  /** Another entry that has its name now. */
  readonly other?: string | undefined;
}

/** Each settles what hangs on one more level of renames. */
const passesAtMost = 10;
const entriesAtOnce = 200;
const notesTold = 100;

/** Gathers what is to be done to single entries, finds the places of those that are elsewhere or nowhere, and makes a plan of it. */
export class PlanBuilder {
  readonly #past: EntriesPast;
  readonly #now: EntriesNow;
  readonly #writer: EntryWriter;
  /** By the name that they had then. */
  readonly #absent = new Map<string, Absent>();
  readonly #moved = new Map<string, Moved>();
  readonly #parents = new Map<string, Parent>();
  readonly #modifies: ModifyStep[] = [];
  readonly #references: ModifyStep[] = [];
  readonly #deletes: DeleteStep[] = [];
  readonly #adds: AddStep[] = [];
  readonly #renames: RenameStep[] = [];
  readonly #conflicts: EntryConflict[] = [];
  readonly #notes = new Set<string>();
  #places = new Map<string, string>();
  #moves = new MovedNames();
  unchanged = 0;

  constructor(past: EntriesPast, now: EntriesNow, writer: EntryWriter) {
    this.#past = past;
    this.#now = now;
    this.#writer = writer;
  }

  /** The entry is to be there, and is nowhere now. */
  add(was: LdifEntry, reason: string): void {
    this.#absent.set(normalDn(was.dn), { was, reason });
  }

  /** The entry is to have its name and values again; only the changes given, where some are. */
  putBack(was: LdifEntry, now: LdifEntry, changes?: readonly AttributeChange[]): void {
    if (areSameDn(was.dn, now.dn)) this.modify(now, changes ?? changesBetween(now, was, this.#writer.schema));
    else this.#moved.set(normalDn(was.dn), { was, now, changes });
  }

  /** The values of an entry that stays where it is. */
  modify(now: LdifEntry, changes: readonly AttributeChange[]): void {
    const steps = this.#modifySteps(now, changes);
    if (steps.length === 0) this.unchanged += 1;
    this.#modifies.push(...steps);
  }

  /** Values that name other entries; after {@link place}. */
  refer(now: LdifEntry, changes: readonly AttributeChange[], reason: string): void {
    this.#references.push(...this.#modifySteps(now, changes).map((step) => ({ ...step, reason })));
  }

  remove(now: LdifEntry, reason: string): void {
    this.#deletes.push({ kind: 'delete', dn: now.dn, attributes: this.#writer.attributesFor(now, true), reason });
  }

  conflict(conflict: EntryConflict): void {
    this.#conflicts.push(conflict);
  }

  note(text: string): void {
    if (this.#notes.size < notesTold) this.#notes.add(text);
  }

  /** Finds where everything goes: to be called once, when all that is added and put back is known. The names of then, in normal form, with the DN that each gets. */
  async place(): Promise<ReadonlyMap<string, string>> {
    let renames = await this.#findPlaces();
    // A rename takes along what others are placed below; where it goes is known only then.
    for (let pass = 0; pass < passesAtMost; pass += 1) {
      const before = this.#places;
      renames = await this.#findPlaces();
      if ([...this.#places].every(([name, place]) => before.get(name) === place)) break;
    }
    const places = this.#places;
    const placeOf = (was: LdifEntry): string => places.get(normalDn(was.dn)) ?? was.dn;
    const absent = [...this.#absent.values()];
    const others = absent.filter(({ was }) => !areSameDn(placeOf(was), was.dn)).map(({ was }) => placeOf(was));
    const isTaken = await this.#takenNames([...[...renames].map(({ was }) => placeOf(was)), ...others]);
    for (const one of this.#moved.values()) this.#putInPlace(one, renames.has(one) ? placeOf(one.was) : undefined, isTaken);
    for (const { was, reason } of absent) {
      const dn = placeOf(was);
      const { attributes, rest } = splitAddition(this.#writer.attributesFor({ ...was, dn }), this.#writer.maxRequestBytes);
      this.#adds.push({ kind: 'add', dn, attributes, isTaken: isTaken.has(normalDn(dn)), reason });
      for (const changes of rest)
        this.#modifies.push({ kind: 'modify', dn, isFinal: true, changes, undo: changes.map(undoOfAddition), reason });
    }
    return places;
  }

  /** Where an entry that is there now will be. After {@link place}. */
  finalDn(dn: string): string {
    return this.#moves.finalDn(dn);
  }

  finish(addedSince: ToldNames = { count: 0, dns: [] }): EntryPlan {
    const { waves, stuck } = orderChanges({
      adds: this.#adds,
      renames: this.#renames,
      modifies: this.#modifies,
      references: this.#references,
      deletes: this.#deletes,
    });
    const { notPreserved, unknownNames } = this.#writer;
    const notes = [...unknownNames].map(([name, entries]) => {
      return `the server's schema does not know ${name}, so it will refuse the entries that have it (${entries}): add it to the schema${name.startsWith('the attribute') ? ', or leave it out with --without' : ''}`;
    });
    const conflicts = [...this.#conflicts, ...stuck.map(({ step, because }) => ({ dn: step.dn, because, isForced: false }))];
    return { waves, notPreserved, conflicts, notes: [...notes, ...this.#notes], unchanged: this.unchanged, addedSince };
  }

  /** One, or more where the server takes not all at once. */
  #modifySteps(now: LdifEntry, wanted: readonly AttributeChange[]): readonly ModifyStep[] {
    const modifications = this.#writer.modificationsFor(now, wanted);
    if (modifications === undefined) return [];
    const names = [...new Set(modifications.changes.map(({ name }) => name))];
    const reason = `changed since: ${names.join(', ')}`;
    const requests = splitModifications(modifications.changes, this.#writer.maxRequestBytes);
    if (requests.length === 1) return [{ kind: 'modify', dn: now.dn, ...modifications, reason }];
    const replaced = new Map(modifications.undo.filter(({ op }) => op === 'replace').map((undo) => [undo.name, undo]));
    return requests.map((changes) => {
      const undo = changes.map((change) => (change.op === 'replace' ? (replaced.get(change.name) ?? change) : undoOfAddition(change)));
      return { kind: 'modify', dn: now.dn, changes, undo: undo.toReversed(), reason };
    });
  }

  /** `target` where it takes a rename of its own. */
  #putInPlace({ was, now, changes }: Moved, target: string | undefined, isTaken: ReadonlySet<string>): void {
    const { schema } = this.#writer;
    let state = now;
    if (target !== undefined) {
      const isOldRdnDeleted = !hasNamingValue(was, now.dn, schema);
      const isNewRdnDeleted = !hasNamingValue(now, target, schema);
      state = renamed(now, target, isOldRdnDeleted, schema);
      const reason = areSameDn(ownStep(now.dn), ownStep(target)) ? `moved since` : `renamed since`;
      const one = { dn: now.dn, target, isOldRdnDeleted, isNewRdnDeleted, isTaken: isTaken.has(normalDn(target)) };
      this.#renames.push({ kind: 'rename', ...one, reason });
      this.#writer.tellStamps(target);
    }
    const wanted = changes === undefined ? changesBetween(state, was, schema) : stillToDo(changes, state, this.#writer);
    const steps = this.#modifySteps(state, wanted);
    this.#modifies.push(...steps.map((step) => ({ ...step, dn: now.dn })));
    if (steps.length === 0 && target === undefined) this.unchanged += 1;
  }

  /** By the moves that are known so far; which of the moved take a rename of their own. */
  async #findPlaces(): Promise<ReadonlySet<Moved>> {
    this.#places = new Map();
    const moves = new MovedNames();
    const renames = new Set<Moved>();
    for (const one of [...this.#moved.values()].toSorted((a, b) => depthOf(a.was.dn) - depthOf(b.was.dn))) {
      const target = await this.#placeOf(one.was.dn);
      // It comes there with what is above it.
      if (areSameDn(moves.finalDn(one.now.dn), target)) continue;
      moves.add(one.now.dn, target);
      renames.add(one);
    }
    // Parents that are missing come to them meanwhile.
    for (const { was } of this.#absent.values()) await this.#placeOf(was.dn);
    this.#moves = moves;
    return renames;
  }

  /** The DN that an entry of then gets: below its parent, wherever that is or comes. */
  async #placeOf(dnThen: string): Promise<string> {
    const key = normalDn(dnThen);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const parent = parentDn(dnThen) ?? '';
    const parentPlace = parent === '' ? '' : await this.#placeOfParent(parent);
    const place = areSameDn(parentPlace, parent) ? dnThen : joined([ownStep(dnThen)], parentPlace);
    this.#places.set(key, place);
    return place;
  }

  async #placeOfParent(dn: string): Promise<string> {
    const key = normalDn(dn);
    if (this.#moved.has(key) || this.#absent.has(key)) return this.#placeOf(dn);
    let parent = this.#parents.get(key);
    if (parent === undefined) {
      parent = await this.#findParent(dn);
      this.#parents.set(key, parent);
    }
    const { was, now, other } = parent;
    if (now !== undefined) return this.#moves.finalDn(now);
    // Another entry has its name: as good as any, unless it goes away.
    if (other !== undefined && areSameDn(this.#moves.finalDn(other), other)) return other;
    // Above the suffix of a backend there is nothing, then as now.
    if (was === undefined) return dn;
    this.add(was, 'missing above what is put back');
    return this.#placeOf(dn);
  }

  async #findParent(dn: string): Promise<Parent> {
    const [there] = await this.#now.read([dn]);
    const was = await this.#past.byName(dn);
    const uuid = was === undefined ? undefined : uuidOf(was);
    if (there !== undefined && (uuid === undefined || (uuidOf(there) ?? uuid) === uuid)) return { was, now: there.dn };
    const elsewhere = uuid === undefined ? undefined : (await this.#now.findByUuid([uuid])).get(uuid);
    if (elsewhere !== undefined) this.note(`"${dn}" is called "${elsewhere.dn}" now: what was below it is put there`);
    return { was, now: elsewhere?.dn, other: there?.dn };
  }

  /** Which of the names, in normal form, an entry has now. */
  async #takenNames(dns: readonly string[]): Promise<ReadonlySet<string>> {
    const taken = new Set<string>();
    for (let at = 0; at < dns.length; at += entriesAtOnce) {
      for (const entry of await this.#now.read(dns.slice(at, at + entriesAtOnce))) if (entry !== undefined) taken.add(normalDn(entry.dn));
    }
    return taken;
  }
}

/** What is left of the changes when a part of them is there already. */
function stillToDo(changes: readonly AttributeChange[], state: LdifEntry, { schema }: EntryWriter): AttributeChange[] {
  const values = valuesOf(state, schema);
  return changes
    .map(({ name, removed, added }) => {
      const there = new Set(values.get(schema.comparableName(name))?.values);
      return { name, removed: removed.filter((value) => there.has(value)), added: added.filter((value) => !there.has(value)) };
    })
    .filter(({ removed, added }) => removed.length + added.length > 0);
}

/** Of values that are added or taken away. */
function undoOfAddition({ op, name, values }: Modification): Modification {
  return { op: op === 'delete' ? 'add' : 'delete', name, values };
}

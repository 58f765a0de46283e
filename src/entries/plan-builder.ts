import { type AttributeChange, changesBetween, valuesOf } from '../domain/entry-changes.ts';
import { depthOf, normalDn, parentDn } from '../domain/dn.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { EntriesNow, EntriesPast, EntryConflict, EntryPlan, ToldNames } from './entry-plan.ts';
import { hasNamingValue, renamed, type EntryWriter } from './entry-writer.ts';
import { uuidOf } from './entry-words.ts';
import { areSameDn, joined, MovedNames, ownStep } from './moved-names.ts';
import { type AddStep, type DeleteStep, type ModifyStep, orderChanges, type RenameStep } from './order-changes.ts';

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
  readonly #places = new Map<string, Promise<string>>();
  readonly #modifies: ModifyStep[] = [];
  readonly #references: ModifyStep[] = [];
  readonly #deletes: DeleteStep[] = [];
  readonly #adds: AddStep[] = [];
  readonly #renames: RenameStep[] = [];
  readonly #conflicts: EntryConflict[] = [];
  readonly #notes = new Set<string>();
  readonly #moves = new MovedNames();
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
    const step = this.#modifyStep(now, changes);
    if (step === undefined) this.unchanged += 1;
    else this.#modifies.push(step);
  }

  /** Values that name other entries; after {@link place}. */
  refer(now: LdifEntry, changes: readonly AttributeChange[], reason: string): void {
    const step = this.#modifyStep(now, changes);
    if (step !== undefined) this.#references.push({ ...step, reason });
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
    const places = new Map<string, string>();
    const moved = [...this.#moved.values()].toSorted((one, other) => depthOf(one.was.dn) - depthOf(other.was.dn));
    const targets = new Map<Moved, string>();
    const renames = new Set<Moved>();
    for (const one of moved) {
      const target = await this.#placeOf(one.was.dn);
      places.set(normalDn(one.was.dn), target);
      targets.set(one, target);
      // It comes there with what is above it.
      if (areSameDn(this.#moves.finalDn(one.now.dn), target)) continue;
      this.#moves.add(one.now.dn, target);
      renames.add(one);
    }
    const asked = [...this.#absent.values()];
    const others: string[] = [];
    for (const { was } of asked) {
      const place = await this.#placeOf(was.dn);
      if (!areSameDn(place, was.dn)) others.push(place);
    }
    const isTaken = await this.#takenNames([...[...renames].map((one) => targets.get(one) ?? ''), ...others]);
    for (const [one, target] of targets) this.#putInPlace(one, renames.has(one) ? target : undefined, isTaken);
    // Parents that are missing came to them meanwhile.
    for (const { was, reason } of this.#absent.values()) {
      const dn = await this.#placeOf(was.dn);
      places.set(normalDn(was.dn), dn);
      const entry = { ...was, dn };
      this.#adds.push({ kind: 'add', dn, attributes: this.#writer.attributesFor(entry), isTaken: isTaken.has(normalDn(dn)), reason });
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
    const { notPreserved } = this.#writer;
    const conflicts = [...this.#conflicts, ...stuck.map(({ step, because }) => ({ dn: step.dn, because, isForced: false }))];
    return { waves, notPreserved, conflicts, notes: [...this.#notes], unchanged: this.unchanged, addedSince };
  }

  #modifyStep(now: LdifEntry, changes: readonly AttributeChange[]): ModifyStep | undefined {
    const modifications = this.#writer.modificationsFor(now, changes);
    if (modifications === undefined) return undefined;
    const names = [...new Set(modifications.changes.map(({ name }) => name))];
    return { kind: 'modify', dn: now.dn, ...modifications, reason: `changed since: ${names.join(', ')}` };
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
    }
    const wanted = changes === undefined ? changesBetween(state, was, schema) : stillToDo(changes, state, this.#writer);
    const step = this.#modifyStep({ ...state, dn: now.dn }, wanted);
    if (step !== undefined) this.#modifies.push(step);
    else if (target === undefined) this.unchanged += 1;
  }

  /** The DN that an entry of then gets: below its parent, wherever that is or comes. */
  #placeOf(dnThen: string): Promise<string> {
    const key = normalDn(dnThen);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#findPlace(dnThen);
      this.#places.set(key, place);
    }
    return place;
  }

  async #findPlace(dnThen: string): Promise<string> {
    const parent = parentDn(dnThen);
    if (parent === undefined || parent === '') return dnThen;
    const parentPlace = await this.#placeOfParent(parent);
    return areSameDn(parentPlace, parent) ? dnThen : joined([ownStep(dnThen)], parentPlace);
  }

  async #placeOfParent(dn: string): Promise<string> {
    const key = normalDn(dn);
    if (this.#moved.has(key) || this.#absent.has(key)) return this.#placeOf(dn);
    const known = this.#places.get(`parent ${key}`);
    if (known !== undefined) return known;
    const place = this.#findParent(dn);
    this.#places.set(`parent ${key}`, place);
    return place;
  }

  async #findParent(dn: string): Promise<string> {
    const [there] = await this.#now.read([dn]);
    if (there !== undefined) return there.dn;
    const was = await this.#past.byName(dn);
    // Above the suffix of a backend there is nothing, then as now.
    if (was === undefined) return dn;
    const uuid = uuidOf(was);
    const elsewhere = uuid === undefined ? undefined : (await this.#now.findByUuid([uuid])).get(uuid);
    if (elsewhere !== undefined) {
      this.note(`"${dn}" is called "${elsewhere.dn}" now: what was below it is put there`);
      return elsewhere.dn;
    }
    this.add(was, 'missing above what is put back');
    return this.#placeOf(dn);
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

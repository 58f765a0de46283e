import { type AttributeChange, changesBetween, valuesOf, isStamp } from '../../domain/entry-changes.ts';
import { normalDn, parentDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { ChangeAbilities } from '../../directory-servers/entry-changes.ts';
import type { EntryDifference } from '../compare/compare-exports.ts';
import type { EntriesNow, EntriesPast, EntryPlan } from './entry-plan.ts';
import { EntryWriter } from './entry-writer.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import { findNow } from './find-now.ts';
import { areSameDn, ownStep } from './moved-names.ts';
import { PlanBuilder } from './plan-builder.ts';

export interface RevertRequest {
  /** What changed between the two moments, as far as it is to be undone. */
  readonly differences: AsyncIterable<EntryDifference>;
  /** The earlier of them. */
  readonly past: EntriesPast;
  readonly now: EntriesNow;
  readonly schema: Schema;
  readonly abilities: ChangeAbilities;
  /** What has changed again since gets the earlier state too; it is told as a conflict all the same. */
  readonly isForced: boolean;
}

interface RenamedBetween {
  readonly before: LdifEntry;
  readonly after: LdifEntry;
  readonly now: LdifEntry;
  readonly changes: readonly AttributeChange[];
}

const differencesAtOnce = 200;

/**
 * Decides what undoes the changes between two moments on the running server, and nothing that came later: what is as the later moment left it goes back to the earlier
 * one, what is as in the earlier one already stays, and what is otherwise is a conflict. Changes nothing.
 */
export async function planRevert(request: RevertRequest): Promise<EntryPlan> {
  const revert = new Revert(request);
  let some: EntryDifference[] = [];
  for await (const difference of request.differences) {
    some.push(difference);
    if (some.length < differencesAtOnce) continue;
    await revert.take(some);
    some = [];
  }
  await revert.take(some);
  return revert.finish();
}

class Revert {
  readonly #request: RevertRequest;
  readonly #builder: PlanBuilder;
  readonly #writer: EntryWriter;
  /** To be deleted unless something else is below them; by name. */
  readonly #added = new Map<string, LdifEntry>();

  /** By their first names. */
  readonly #renamed = new Map<string, RenamedBetween>();

  constructor(request: RevertRequest) {
    this.#request = request;
    this.#writer = new EntryWriter(request.schema, request.abilities);
    this.#builder = new PlanBuilder(request.past, request.now, this.#writer);
  }

  async take(differences: readonly EntryDifference[]): Promise<void> {
    const states = await findNow(
      differences.map(({ before, after }) => after ?? before),
      this.#request.now,
    );
    for (const [index, difference] of differences.entries()) {
      const now = states[index];
      if (difference.kind === 'removed') this.#addAgain(difference.before, now);
      else if (difference.kind === 'added') this.#removeAgain(difference.after, now);
      else if (now === undefined) this.#bringBack(difference.before);
      else this.#changeBack(difference.before, difference.after, now);
    }
  }

  async finish(): Promise<EntryPlan> {
    for (const one of this.#renamed.values()) this.#renameBack(one);
    await this.#builder.place();
    for (const entry of this.#added.values()) {
      if (await this.#hasOthersBelow(entry)) {
        this.#builder.conflict({ dn: entry.dn, because: 'it was added, and has other entries below it now', isForced: false });
      } else this.#builder.remove(entry, 'added between the two');
    }
    return this.#builder.finish();
  }

  #addAgain(before: LdifEntry, now: LdifEntry | undefined): void {
    if (now === undefined) return this.#builder.add(before, 'deleted between the two');
    const differing = changesBetween(now, before, this.#request.schema).filter(({ name }) => !isStamp(name));
    if (differing.length === 0 && areSameDn(now.dn, before.dn)) this.#builder.unchanged += 1;
    else this.#decide(now.dn, undefined, 'it was deleted, and is there again with other values', () => this.#builder.putBack(before, now));
  }

  #removeAgain(after: LdifEntry, now: LdifEntry | undefined): void {
    if (now === undefined) {
      this.#builder.unchanged += 1;
      return;
    }
    const { schema } = this.#request;
    const isAnother = uuidOf(now) !== uuidOf(after);
    const isAsAdded = !isAnother && areSameDn(now.dn, after.dn) && changesBetween(after, now, schema).every(({ name }) => isStamp(name));
    const remove = (): void => void this.#added.set(normalDn(now.dn), now);
    if (isAsAdded) remove();
    else this.#decide(now.dn, undefined, isAnother ? 'it was added, and made anew since' : 'it was added, and has changed since', remove);
  }

  #bringBack(before: LdifEntry): void {
    this.#decide(before.dn, undefined, 'it was changed, and has been deleted since', () => this.#builder.add(before, 'deleted since'));
  }

  #changeBack(before: LdifEntry, after: LdifEntry, now: LdifEntry): void {
    const changes = this.#changesBack(before, after, now);
    if (areSameDn(before.dn, after.dn) || areSameDn(now.dn, before.dn)) this.#builder.modify(now, changes);
    else this.#renamed.set(normalDn(before.dn), { before, after, now, changes });
  }

  #renameBack({ before, after, now, changes }: RenamedBetween): void {
    const putBack = (): void => this.#builder.putBack(before, now, changes);
    if (areSameDn(now.dn, after.dn) || this.#wasCarried(before, after)) return putBack();
    const isPutBack = this.#decide(now.dn, undefined, `it was renamed from "${before.dn}", and again since`, putBack);
    if (!isPutBack) this.#builder.modify(now, changes);
  }

  /** Whether its name changed only with that of the entry above it. */
  #wasCarried(before: LdifEntry, after: LdifEntry): boolean {
    const parent = this.#renamed.get(normalDn(parentDn(before.dn) ?? ''));
    return parent !== undefined && areSameDn(ownStep(before.dn), ownStep(after.dn)) && areSameDn(parent.after.dn, parentDn(after.dn) ?? '');
  }

  #changesBack(before: LdifEntry, after: LdifEntry, now: LdifEntry): AttributeChange[] {
    const { schema } = this.#request;
    const [then, later, present] = [before, after, now].map((entry) => valuesOf(entry, schema));
    const changes = changesBetween(before, after, schema).filter(({ name }) => !isStamp(name));
    const allBack = changes.flatMap((change): AttributeChange[] => {
      const key = schema.comparableName(change.name);
      const [was, left, is] = [then, later, present].map((values) => values?.get(key)?.values ?? []);
      const back = changeBack(change, { was: was ?? [], left: left ?? [], is: is ?? [] });
      if (back !== 'conflict') return back.removed.length + back.added.length > 0 ? [back] : [];
      if (schema.attribute(change.name)?.isUserModifiable === false) return [];
      const forced = { name: change.name, removed: without(is ?? [], was ?? []), added: without(was ?? [], is ?? []) };
      return this.#decide(now.dn, change.name, 'it has changed again since', () => undefined) ? [forced] : [];
    });
    return [...allBack, ...this.#stampsBack(before, now, allBack)];
  }

  /** Who changed the entry last, and when: as it was where all else is as it was; where something stays, what the server notes of this change is the truth. */
  #stampsBack(before: LdifEntry, now: LdifEntry, back: readonly AttributeChange[]): readonly AttributeChange[] {
    const differing = changesBetween(now, before, this.#request.schema);
    const isAllBack = differing.every((change) => isStamp(change.name) || back.some((one) => areSameChange(one, change)));
    return isAllBack ? differing.filter(({ name }) => isStamp(name)) : [];
  }

  /** Tells the conflict; does it all the same where that was chosen. */
  #decide(dn: string, attribute: string | undefined, because: string, act: () => void): boolean {
    const { isForced } = this.#request;
    this.#builder.conflict({ dn, attribute, because, isForced });
    if (isForced) act();
    return isForced;
  }

  async #hasOthersBelow(entry: LdifEntry): Promise<boolean> {
    for await (const entries of this.#request.now.below(entry.dn)) {
      for (const { dn } of entries) {
        const isLeaving = !areSameDn(this.#builder.finalDn(dn), dn);
        if (!isLeaving && !this.#added.has(normalDn(dn))) return true;
      }
    }
    return false;
  }
}

function areSameChange(one: AttributeChange, other: AttributeChange): boolean {
  return one.name.toLowerCase() === other.name.toLowerCase() && areSame(one.removed, other.removed) && areSame(one.added, other.added);
}

interface ValuesAt {
  readonly was: readonly string[];
  readonly left: readonly string[];
  readonly is: readonly string[];
}

/**
 * What undoes the change of one attribute. Where the two moments have values in common, it is a list of which some were taken and some put in: these are undone one by
 * one, whatever else came since. Otherwise the attribute is taken as one.
 */
function changeBack({ name, removed, added }: AttributeChange, { was, left, is }: ValuesAt): AttributeChange | 'conflict' {
  const isList = was.length > removed.length;
  const there = new Set(is);
  if (isList) return { name, removed: added.filter((value) => there.has(value)), added: removed.filter((value) => !there.has(value)) };
  if (areSame(is, was)) return { name, removed: [], added: [] };
  return areSame(is, left) ? { name, removed: added, added: removed } : 'conflict';
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && without(one, other).length === 0;
}

function without(values: readonly string[], others: readonly string[]): readonly string[] {
  const set = new Set(others);
  return values.filter((value) => !set.has(value));
}

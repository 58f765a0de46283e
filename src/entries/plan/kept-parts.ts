import type { ChangeRecord, NamedValues } from '../../domain/change-record.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import { isStoredPassword } from '../../domain/stored-password.ts';
import type { Ability, ChangeAbilities } from '../../directory-servers/entry-changes.ts';

/** An attribute that the server cannot be made to take as it was. */
export interface NotKept {
  readonly attribute: string;
  /** Of how many changes it was left out. */
  readonly changes: number;
  /** A clause. */
  readonly because: string;
}

/** Takes from changes what the server would refuse, and counts it. */
export class KeptParts {
  readonly #abilities: ChangeAbilities;
  readonly #schema: Schema;
  readonly #notKept = new Map<string, { readonly attribute: string; changes: number; readonly because: string }>();

  constructor(abilities: ChangeAbilities, schema: Schema) {
    this.#abilities = abilities;
    this.#schema = schema;
  }

  get notKept(): readonly NotKept[] {
    return [...this.#notKept.values()];
  }

  /** The change without it; undefined where nothing is left to be done. */
  take(change: ChangeRecord): ChangeRecord | undefined {
    if (change.kind === 'add') return { ...change, attributes: change.attributes.filter((one) => this.#isKept(one, 'add')) };
    if (change.kind !== 'modify') return change;
    const changes = change.changes.filter((one) => this.#isKept(one, 'modify'));
    return changes.length === 0 ? undefined : { ...change, changes };
  }

  #isKept(attribute: NamedValues, how: 'add' | 'modify'): boolean {
    const ability = this.#abilityFor(attribute, how);
    if (ability === undefined || ability.isKept) return true;
    const known = this.#notKept.get(attribute.name.toLowerCase()) ?? { attribute: attribute.name, changes: 0, because: ability.because };
    known.changes += 1;
    this.#notKept.set(attribute.name.toLowerCase(), known);
    return false;
  }

  /** Undefined for what every client may write. */
  #abilityFor(attribute: NamedValues, how: 'add' | 'modify'): Ability | undefined {
    if (this.#schema.attribute(attribute.name)?.isUserModifiable === false) return this.#abilities.serverAttributes[how];
    return isStoredPassword(attribute) ? this.#abilities.storedPasswords[how] : undefined;
  }
}

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
    const ability = abilityFor(attribute, how, { schema: this.#schema, abilities: this.#abilities });
    if (ability === undefined || ability.isKept) return true;
    const known = this.#notKept.get(attribute.name.toLowerCase()) ?? { attribute: attribute.name, changes: 0, because: ability.because };
    known.changes += 1;
    this.#notKept.set(attribute.name.toLowerCase(), known);
    return false;
  }
}

/** What has to be able to be kept that the attribute can be written as it was; undefined for what every client may write. */
export function abilityFor(
  attribute: NamedValues,
  how: 'add' | 'modify',
  { schema, abilities }: { readonly schema: Schema; readonly abilities: ChangeAbilities },
): Ability | undefined {
  if (schema.attribute(attribute.name)?.isUserModifiable === false) return abilities.serverAttributes[how];
  return isStoredPassword(attribute) ? abilities.storedPasswords[how] : undefined;
}

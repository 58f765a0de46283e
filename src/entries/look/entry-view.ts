import { textBytes, textOf } from '../../domain/byte-text.ts';
import type { AttributeChange } from '../../domain/entry-changes.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import { isSecretAttribute } from '../../domain/secret-attributes.ts';

/** A value as it may be shown: text, or what is no text in base64. */
export type ShownValue = string | { readonly base64: string; readonly bytes: number };

/** An attribute as it may be shown; of a secret one only how many values there are. */
export interface ShownAttribute {
  readonly name: string;
  readonly values: readonly ShownValue[];
  /** How many values are not shown, as they are secret. */
  readonly hidden: number;
}

export interface ShownChange {
  readonly name: string;
  readonly removed: ShownAttribute;
  readonly added: ShownAttribute;
}

export interface ViewOptions {
  readonly areSecretsShown: boolean;
  /** Only these, in lower case, whatever their options; all where none is named. */
  readonly attributes?: readonly string[] | undefined;
}

/** The attributes of an entry in their order, those of the same name together. */
export function attributesToShow(entry: LdifEntry, { areSecretsShown, attributes = [] }: ViewOptions): readonly ShownAttribute[] {
  const values = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const [index, value] of entry.values.entries()) {
    const name = entry.names[index] ?? '';
    const key = name.toLowerCase();
    if (attributes.length > 0 && !attributes.includes(key.split(';', 1)[0] ?? '')) continue;
    const known = values.get(key);
    if (known === undefined) values.set(key, { name, values: [value] });
    else known.values.push(value);
  }
  return [...values.values()].map((one) => shown(one.name, one.values, areSecretsShown));
}

export function changeToShow({ name, removed, added }: AttributeChange, areSecretsShown: boolean): ShownChange {
  return { name, removed: shown(name, removed, areSecretsShown), added: shown(name, added, areSecretsShown) };
}

function shown(name: string, values: readonly string[], areSecretsShown: boolean): ShownAttribute {
  if (!areSecretsShown && isSecretAttribute(name)) return { name, values: [], hidden: values.length };
  return { name, values: values.map(shownValue), hidden: 0 };
}

function shownValue(value: string): ShownValue {
  const text = textOf(value);
  // oxlint-disable-next-line no-control-regex -- they are what makes it no text
  if (text !== undefined && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text)) return text;
  const bytes = textBytes(value);
  return { base64: Buffer.from(bytes).toString('base64'), bytes: bytes.length };
}

import type { DiffExample, DifferenceKind } from '../entries/compare/diff-summary.ts';
import type { ShownAttribute, ShownChange, ShownValue } from '../entries/look/entry-view.ts';
import { formatCount } from '../foundation/counts.ts';
import { formatBytes } from '../foundation/sizes.ts';
import { type Look, printable } from './look.ts';

/** A line for each value: `mail: one@example.com`. */
export function attributeLines(attributes: readonly ShownAttribute[], look: Look): readonly string[] {
  return attributes.flatMap(({ name, values, hidden }) => [
    ...values.map((value) => `${look.dim(`${printable(name)}:`)} ${valueText(value)}`),
    ...(hidden > 0 ? [`${look.dim(`${printable(name)}:`)} ${hiddenText(hidden, look)}`] : []),
  ]);
}

/** What an attribute lost, then what it got: `- mail: one@example.com`. */
export function changeLines({ name, removed, added }: ShownChange, look: Look, atMost = 20): readonly string[] {
  const side = (mark: string, { values, hidden }: ShownAttribute): string[] => [
    ...values.slice(0, atMost).map((value) => `${mark} ${printable(name)}: ${valueText(value)}`),
    ...(values.length > atMost ? [`${mark} ${printable(name)}: … and ${formatCount(values.length - atMost)} more values`] : []),
    ...(hidden > 0 ? [`${mark} ${printable(name)}: ${hiddenText(hidden, look)}`] : []),
  ];
  return [...side(look.red('-'), removed), ...side(look.green('+'), added)];
}

/** An attribute for JSON; a secret one says only that it has values. */
export function attributeJson({ name, values, hidden }: ShownAttribute): Record<string, unknown> {
  return { name, values: values.map(valueJson), ...(hidden > 0 ? { hidden } : {}) };
}

export function changeJson({ name, removed, added }: ShownChange): Record<string, unknown> {
  return { name, removed: attributeJson(removed), added: attributeJson(added) };
}

function valueJson(value: ShownValue): unknown {
  return typeof value === 'string' ? value : { base64: value.base64 };
}

function valueText(value: ShownValue): string {
  if (typeof value === 'string') return printable(value).replaceAll('\n', String.raw`\n`);
  return `(${formatBytes(value.bytes)} that are no text: ${value.base64.slice(0, 24)}${value.base64.length > 24 ? '…' : ''})`;
}

function hiddenText(values: number, look: Look): string {
  return look.dim(values === 1 ? '(hidden)' : `(${formatCount(values)} values, hidden)`);
}

const marks = { added: '+', removed: '-', changed: 'M', renamed: 'R' } as const;

export function differenceName(kind: DifferenceKind): string {
  return kind;
}

/** `M uid=jdoe,…  mail, sn`. */
export function differenceLine({ kind, dn, dnBefore, attributes }: DiffExample, look: Look): string {
  const mark = marks[kind];
  const dressed = kind === 'added' ? look.green(mark) : kind === 'removed' ? look.red(mark) : look.yellow(mark);
  const name = dnBefore === undefined ? printable(dn) : `${printable(dnBefore)} → ${printable(dn)}`;
  return `${dressed} ${name}${attributes.length === 0 ? '' : `  ${look.dim(attributes.map(printable).join(', '))}`}`;
}

import type { DetailedDifference } from './diff-entries.ts';
import { attributesToShow, changeToShow, type ShownAttribute, type ShownValue } from '../look/entry-view.ts';

const words = { added: 'ADDED', removed: 'REMOVED', changed: 'CHANGED', renamed: 'RENAMED' } as const;

/** One difference as a reviewer reads it: a line with what became of the entry, then each value that went and came, and an empty line. */
export function reportOf({ difference, changes }: DetailedDifference, areSecretsShown: boolean): string {
  const { kind, before, after } = difference;
  const dn = (after ?? before)?.dn ?? '';
  const head = kind === 'renamed' ? `${words[kind]} ${oneLine(before.dn)}\n     to ${oneLine(dn)}` : `${words[kind]} ${oneLine(dn)}`;
  const alone = before === undefined ? after : after === undefined ? before : undefined;
  const lines =
    alone === undefined
      ? changes
          .map((change) => changeToShow(change, areSecretsShown))
          .flatMap(({ removed, added }) => [...side('-', removed), ...side('+', added)])
      : attributesToShow(alone, { areSecretsShown }).flatMap((attribute) => side(kind === 'added' ? '+' : '-', attribute));
  return `${[head, ...lines].join('\n')}\n\n`;
}

function side(mark: string, { name, values, hidden }: ShownAttribute): readonly string[] {
  const lines = values.map((value) => `  ${mark} ${oneLine(name)}: ${valueText(value)}`);
  return hidden === 0 ? lines : [...lines, `  ${mark} ${oneLine(name)}: (${hidden === 1 ? 'a value' : `${hidden} values`}, hidden)`];
}

function valueText(value: ShownValue): string {
  return typeof value === 'string' ? oneLine(value) : `(base64) ${value.base64}`;
}

/** Without what could steer a terminal. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what has to go
  return text.replaceAll('\n', String.raw`\n`).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '');
}

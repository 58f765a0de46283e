import { wrongUsage, type Failure } from '../foundation/failure.ts';
import type { Setting } from './settings.ts';

/** Where a value was read. */
export type SettingSource =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string };

/** A value as it was written, before the schema looked at it. */
export interface GivenValue {
  readonly setting: Setting;
  readonly value: unknown;
  readonly source: SettingSource;
}

/** For people: `default`, `rootcellar.yaml:3:5`, `ROOTCELLAR_ARCHIVE`, `--archive`. */
export function formatSource(source: SettingSource): string {
  switch (source.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${source.file}:${source.line}:${source.column}`;
    case 'variable':
    case 'flag':
      return source.name;
  }
}

/** Turns the text of a variable or a flag into what a file would hold; what cannot be turned stays text, which the schema refuses. */
export function valueOfText(setting: Setting, written: string): unknown {
  switch (setting.kind) {
    case 'boolean':
      return written === 'true' ? true : written === 'false' ? false : written;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(written) ? Number(written) : written;
    case 'list':
      return written.split(',').map((name) => name.trim());
    case 'text':
    case 'path':
    case 'choice':
    case 'size':
    case 'duration':
      return written;
  }
}

/** The refusal of a value: the setting, where it came from, what was expected. */
export function refusedValue({ setting, value, source }: GivenValue): Failure {
  return wrongUsage(
    `Cannot use the setting ${setting.name} from ${formatSource(source)}: ${showValue(value)} is not ${setting.expected}`,
    `write for example ${exampleFor(setting, source)}`,
  );
}

function exampleFor(setting: Setting, source: SettingSource): string {
  if (source.kind === 'variable') return `${setting.variable}=${setting.example}`;
  if (source.kind === 'flag') return `${setting.flag} ${setting.example}`;
  const key = setting.name.split('.').at(-1) ?? setting.name;
  return `${key}: ${setting.kind === 'list' ? `[${setting.example.replaceAll(',', ', ')}]` : setting.example}`;
}

/** A value for a sentence: short, and without the password of an address. */
function showValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'an empty value';
  if (Array.isArray(value)) return `a list (${value.length} items)`;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return 'a group of values';
  const shown = String(value).replace(/\/\/[^/\s]*@/, '//***@');
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 79)}…` : shown);
}

import { readFile } from 'node:fs/promises';
import nodePath from 'node:path';
import type * as Yaml from 'yaml';
import { messageOf, wrongUsage, type Failure } from '../foundation/failure.ts';
import { nearestName } from '../foundation/nearest-name.ts';
import { refusedValue, type GivenValue } from './setting-values.ts';
import { findSetting, groupNames, settings, type Setting } from './settings.ts';

/**
 * Reads a YAML (or JSON, which is YAML too) configuration file into the values it gives, in the file's order. Relative paths are
 * resolved against the file's own folder.
 *
 * @param namedBy how the file was chosen, for sentences: `--config`, `ROOTCELLAR_CONFIG`
 * @throws Failure E_USAGE for a file that cannot be read or parsed, and for a key that is no setting
 */
export async function readConfigFile(file: string, namedBy: string): Promise<readonly GivenValue[]> {
  const text = await readText(file, namedBy);
  // A module of the older kind: its default export is all of it, in the bundle of the packed program nothing else is there.
  const { default: yaml } = await import('yaml');
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const reader: Reader = {
    file,
    document,
    yaml,
    placeOf: (offset) => {
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    },
  };
  const [error] = document.errors;
  if (error !== undefined) {
    throw wrongUsage(
      `Cannot read the configuration file ${at(reader, error.pos[0])}: ${firstLine(error.message)}`,
      'correct the line; it has to be YAML or JSON',
    );
  }
  const { contents } = document;
  if (contents === null) return [];
  if (!yaml.isMap(contents))
    throw wrongUsage(`Cannot read the configuration file ${file}: it holds no settings`, 'write settings as "archive: s3://bucket/path"');
  return valuesOf(reader, contents.items as KeyAndValue[], []);
}

type KeyAndValue = Yaml.Pair<Yaml.Node, Yaml.Node | null>;

interface Reader {
  readonly file: string;
  readonly document: Yaml.Document.Parsed;
  readonly yaml: typeof Yaml.default;
  placeOf(offset: number): { readonly line: number; readonly column: number };
}

async function readText(file: string, namedBy: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw wrongUsage(
      `Cannot read the configuration file ${file} named by ${namedBy}: ${stateOf(error)}`,
      'name a file that this user may read',
    );
  }
}

function stateOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return code === 'EISDIR' ? 'it is a folder' : messageOf(error);
}

function valuesOf(reader: Reader, pairs: readonly KeyAndValue[], path: readonly string[]): GivenValue[] {
  return pairs.flatMap((pair) => {
    const key = String(pair.key.toJSON());
    const name = [...path, key].join('.');
    const keyOffset = pair.key.range?.[0] ?? 0;
    const offset = pair.value?.range?.[0] ?? keyOffset;
    const node = nodeOf(reader, pair.value);
    const setting = findSetting(name);
    if (setting !== undefined) return [valueOf(reader, setting, node, offset)];
    if (!groupNames.includes(name)) throw unknownKey(reader, name, keyOffset);
    if (node === null) return [];
    if (!reader.yaml.isMap(node)) throw groupExpected(reader, name, offset);
    return valuesOf(reader, node.items as KeyAndValue[], [...path, key]);
  });
}

/** What an alias stands for; null for a key without a value. */
function nodeOf(reader: Reader, value: Yaml.Node | null): Yaml.Node | null {
  const node = reader.yaml.isAlias(value) ? value.resolve(reader.document) : value;
  return node === undefined || (reader.yaml.isScalar(node) && node.value === null) ? null : node;
}

function valueOf(reader: Reader, setting: Setting, node: Yaml.Node | null, offset: number): GivenValue {
  const source = { kind: 'file', file: reader.file, ...reader.placeOf(offset) } as const;
  const value: unknown = node === null ? null : node.toJS(reader.document);
  if (value === null) throw refusedValue({ setting, value, source });
  return { setting, value: resolvePath(reader.file, setting, scalarOf(setting, value)), source };
}

/** YAML reads an unquoted `true` as a boolean; a choice among words such as auto, true and false means the word. */
function scalarOf(setting: Setting, value: unknown): unknown {
  return setting.kind === 'choice' && typeof value === 'boolean' ? String(value) : value;
}

function resolvePath(file: string, setting: Setting, value: unknown): unknown {
  const isPath = setting.kind === 'path' || (isArchive(setting) && typeof value === 'string' && value.startsWith('.'));
  return isPath && typeof value === 'string' && value !== '' ? nodePath.resolve(nodePath.dirname(file), value) : value;
}

function isArchive({ name }: Setting): boolean {
  return name === 'archive' || name === 'copy.archive';
}

function unknownKey(reader: Reader, name: string, offset: number): Failure {
  const meant = nearestName(name, [...settings.map((setting) => setting.name), ...groupNames]);
  return wrongUsage(
    `Cannot use the configuration file ${at(reader, offset)}: "${name}" is not a setting`,
    meant === undefined ? 'run "rootcellar config schema" to see all settings' : `did you mean "${meant}"?`,
  );
}

function groupExpected(reader: Reader, name: string, offset: number): Failure {
  const parts = settings.filter((setting) => setting.name.startsWith(`${name}.`)).map((setting) => setting.name);
  return wrongUsage(
    `Cannot use the configuration file ${at(reader, offset)}: "${name}" is a group of settings, not a value`,
    `write one of ${parts.slice(0, 3).join(', ')}${parts.length > 3 ? ', …' : ''} inside it`,
  );
}

function at(reader: Reader, offset: number): string {
  const { line, column } = reader.placeOf(offset);
  return `${reader.file}:${line}:${column}`;
}

function firstLine(message: string): string {
  return message.split('\n')[0]?.replace(/[.:]$/, '') ?? message;
}

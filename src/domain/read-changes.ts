import { exitCodes, Failure } from '../foundation/failure.ts';
import { textOf } from './byte-text.ts';
import type { ChangeRecord, Modification, NamedValues } from './change-record.ts';
import { ldifValue, type LdifOptions } from './read-ldif.ts';

interface Line {
  readonly number: number;
  readonly text: string;
}

/**
 * Reads the change records of an LDIF file (RFC 2849), one after the other, as `encodeChanges` and others write them: folded lines, base64, comments,
 * LF or CRLF. Memory holds what came at once and one record, which has at most `maxEntryBytes` (1 GiB unless told).
 *
 * @throws Failure E_LDIF_INVALID (exit code 20), which names the line: for what is no LDIF, entries without `changetype`, controls, values that lie elsewhere
 */
export async function* readChanges(source: AsyncIterable<Uint8Array>, options: LdifOptions): AsyncGenerator<ChangeRecord, void, void> {
  let lines: Line[] = [];
  let hasBegun = false;
  for await (const line of unfoldedLines(source, options)) {
    if (line.text !== '') {
      lines.push(line);
      continue;
    }
    const record = readRecord(lines, options.name, !hasBegun);
    if (record !== undefined) yield record;
    hasBegun ||= lines.length > 0;
    lines = [];
  }
  const record = readRecord(lines, options.name, !hasBegun);
  if (record !== undefined) yield record;
}

/** Each line without comments, with those that it was folded into; one character per byte. */
async function* unfoldedLines(
  source: AsyncIterable<Uint8Array>,
  { name, maxEntryBytes = 2 ** 30, signal }: LdifOptions,
): AsyncGenerator<Line> {
  let [number, start] = [0, 0];
  // A line of a megabyte comes in ten thousand pieces; they are joined once.
  let pieces: string[] | undefined;
  let bytes = 0;
  for await (const text of physicalLines(source, signal)) {
    number += 1;
    if (text.startsWith(' ') && pieces !== undefined) {
      pieces.push(text.slice(1));
      bytes += text.length;
      if (bytes > maxEntryBytes) throw invalid(name, number, `a line has more than ${maxEntryBytes} bytes`);
      continue;
    }
    if (pieces !== undefined && !(pieces[0] ?? '').startsWith('#')) yield { number: start, text: pieces.join('') };
    [pieces, bytes, start] = [[text], text.length, number];
  }
  if (pieces !== undefined && !(pieces[0] ?? '').startsWith('#')) yield { number: start, text: pieces.join('') };
}

async function* physicalLines(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let rest: string[] = [];
  for await (const chunk of source) {
    signal?.throwIfAborted();
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    let at = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      const line = rest.length === 0 ? text.slice(at, end) : rest.join('') + text.slice(at, end);
      rest = [];
      yield line.endsWith('\r') ? line.slice(0, -1) : line;
      at = end + 1;
    }
    if (at < text.length) rest.push(text.slice(at));
  }
  if (rest.length > 0) yield rest.join('');
}

function readRecord(lines: readonly Line[], name: string, isFirst: boolean): ChangeRecord | undefined {
  const reader = new RecordReader(lines, name);
  if (isFirst && reader.isAt('version') && reader.take('version') !== '1') throw reader.invalid('it is of another version than 1');
  if (reader.isAtEnd) return undefined;
  const dn = reader.text('dn');
  if (reader.isAt('control')) throw reader.invalid('it asks for a control, and controls are not read here');
  if (!reader.isAt('changetype')) throw reader.invalid('"changetype:" is expected there: only records of changes are read here');
  const kind = reader.take('changetype').toLowerCase();
  switch (kind) {
    case 'add':
      return { kind, dn, attributes: readAttributes(reader) };
    case 'delete':
      if (!reader.isAtEnd) throw reader.invalid('a record that deletes has no more lines');
      return { kind, dn };
    case 'modify':
      return { kind, dn, changes: readModifications(reader) };
    case 'modrdn':
    case 'moddn':
      return readRename(reader, dn);
    default:
      throw reader.invalid(`there is no changetype ${JSON.stringify(kind.slice(0, 40))}`, -1);
  }
}

function readAttributes(reader: RecordReader): NamedValues[] {
  const attributes = new Map<string, { readonly name: string; readonly values: Uint8Array[] }>();
  while (!reader.isAtEnd) {
    const { name, value } = reader.takeAny();
    const attribute = attributes.get(name.toLowerCase()) ?? { name, values: [] };
    attribute.values.push(Buffer.from(value, 'latin1'));
    attributes.set(name.toLowerCase(), attribute);
  }
  if (attributes.size === 0) throw reader.invalid('a record that adds has attributes');
  return [...attributes.values()];
}

function readModifications(reader: RecordReader): Modification[] {
  const changes: Modification[] = [];
  while (!reader.isAtEnd) {
    const { name: word, value } = reader.takeAny();
    const op = word.toLowerCase();
    if (op !== 'add' && op !== 'delete' && op !== 'replace') throw reader.invalid('"add:", "delete:" or "replace:" is expected there', -1);
    if (!attributePattern.test(value)) throw reader.invalid(`the name of an attribute is expected behind "${op}:"`, -1);
    const values: Uint8Array[] = [];
    while (!reader.isAtEnd && !reader.isSeparator) {
      const one = reader.takeAny();
      if (one.name.toLowerCase() !== value.toLowerCase())
        throw reader.invalid(`a value of ${value.slice(0, 60)} or "-" is expected there`, -1);
      values.push(Buffer.from(one.value, 'latin1'));
    }
    reader.skipSeparator();
    changes.push({ op, name: value, values });
  }
  return changes;
}

function readRename(reader: RecordReader, dn: string): ChangeRecord {
  const newRdn = reader.text('newrdn');
  const isOldRdnDeleted = reader.take('deleteoldrdn');
  if (isOldRdnDeleted !== '0' && isOldRdnDeleted !== '1')
    throw reader.invalid('"deleteoldrdn: 0" or "deleteoldrdn: 1" is expected there', -1);
  const newParent = reader.isAt('newsuperior') ? reader.text('newsuperior') : undefined;
  if (!reader.isAtEnd) throw reader.invalid('a record that renames has no more lines');
  return { kind: 'rename', dn, newRdn, isOldRdnDeleted: isOldRdnDeleted === '1', ...(newParent === undefined ? {} : { newParent }) };
}

const attributePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:;[A-Za-z0-9_-]+)*$/;

/** Goes through the lines of one record. */
class RecordReader {
  readonly #lines: readonly Line[];
  readonly #name: string;
  #at = 0;

  constructor(lines: readonly Line[], name: string) {
    this.#lines = lines;
    this.#name = name;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#lines.length;
  }

  get isSeparator(): boolean {
    return this.#lines[this.#at]?.text === '-';
  }

  /** The one behind the last modification may be missing, as servers' own tools let it. */
  skipSeparator(): void {
    if (this.isSeparator) this.#at += 1;
  }

  isAt(keyword: string): boolean {
    return this.#lines[this.#at]?.text.slice(0, keyword.length + 1).toLowerCase() === `${keyword}:`;
  }

  /** A word; blanks around it do not count. */
  take(keyword: string): string {
    return this.#valueOf(keyword).trim();
  }

  /** A name, as it is: a blank at its end may be one that was escaped, and what is a blank among bytes may be a part of a letter. */
  text(keyword: string): string {
    const text = textOf(this.#valueOf(keyword));
    if (text === undefined) throw this.invalid(`its "${keyword}" is not UTF-8`, -1);
    return text;
  }

  #valueOf(keyword: string): string {
    if (!this.isAt(keyword)) throw this.invalid(`"${keyword}:" is expected there`);
    return this.takeAny().value;
  }

  takeAny(): { readonly name: string; readonly value: string } {
    const line = this.#lines[this.#at]?.text ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!attributePattern.test(name)) throw this.invalid('what comes before its colon is no attribute');
    const value = ldifValue(line, colon, (state) => this.invalid(state));
    this.#at += 1;
    return { name, value };
  }

  /** `step` -1: of the line that was taken last. */
  invalid(state: string, step: 0 | -1 = 0): Failure {
    const line = this.#lines[Math.max(0, this.#at + step)] ?? this.#lines.at(-1);
    return invalid(this.#name, line?.number ?? 1, state);
  }
}

function invalid(name: string, line: number, state: string): Failure {
  return new Failure('E_LDIF_INVALID', `Cannot read ${name} as LDIF: line ${line}: ${state}`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'see that the file has records of changes, as ldapmodify takes them, whole',
  });
}

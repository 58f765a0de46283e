import { exitCodes, Failure } from '../foundation/failure.ts';

/** One content record of an LDIF file, or one entry that was read from a server in the same form. */
export interface LdifEntry {
  /** As it is spelled there. */
  readonly dn: string;
  /** The attribute description of each value, as it is spelled there: `names[i]` is that of `values[i]`; in the order of the file. */
  readonly names: readonly string[];
  /** Each character is one byte (U+0000 to U+00FF), which is far faster than a buffer for each value; {@link attributesOf} has them as bytes. */
  readonly values: readonly string[];
}

export interface LdifOptions {
  /** For the sentence of a failure: a path. */
  readonly name: string;
  /** The largest record that is held in memory; 64 MiB unless told. */
  readonly maxEntryBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was read at once: whole records, and the bytes that they are. */
export interface LdifBatch {
  readonly entries: readonly LdifEntry[];
  /** Where in the file the record of `entries[i]` ends: behind the empty line that ends it, or where the file ends. A number of bytes. */
  readonly ends: readonly number[];
  /** Of the file, right behind those of the batch before; used again once the next batch is asked for. */
  readonly bytes: Uint8Array;
  /** Where in the file they begin. */
  readonly at: number;
}

/**
 * Reads the content records of an LDIF file (RFC 2849) as they come, many at a time, as a step for each would take longer than the reading: folded lines,
 * base64, comments, a version line, LF or CRLF. Memory holds what came at once and one record.
 *
 * @throws Failure E_LDIF_INVALID (exit code 20), which names the line: for what is no LDIF, for records of changes, for values that lie elsewhere (`:<`), which
 * would read whatever file or address they name, and for a record that is too large
 */
export async function* readLdif(source: AsyncIterable<Uint8Array>, options: LdifOptions): AsyncGenerator<readonly LdifEntry[], void, void> {
  for await (const { entries } of readLdifBatches(source, options)) if (entries.length > 0) yield entries;
}

/** As {@link readLdif}, with every byte of the file and where its records lie. @throws as it does */
export async function* readLdifBatches(source: AsyncIterable<Uint8Array>, options: LdifOptions): AsyncGenerator<LdifBatch, void, void> {
  const parser = new LdifParser(options.name);
  const { maxEntryBytes = 64 * 1024 * 1024 } = options;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of source) {
    options.signal?.throwIfAborted();
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const end = endOfRecords(piece, rest.at(-1));
    if (end === undefined) {
      // What the source gave may be memory that it uses again.
      rest.push(Buffer.from(piece));
      restBytes += piece.length;
      if (restBytes > maxEntryBytes) throw parser.invalid(`a record has more than ${maxEntryBytes} bytes`);
      continue;
    }
    const whole = piece.subarray(0, end);
    const bytes = rest.length === 0 ? whole : Buffer.concat([...rest, whole]);
    rest = end === piece.length ? [] : [Buffer.from(piece.subarray(end))];
    restBytes = piece.length - end;
    yield parser.parse(bytes);
  }
  if (restBytes > 0) yield parser.parse(Buffer.concat(rest));
}

/** The records of a part of an LDIF file that begins and ends where records do, from its memory. @throws as {@link readLdif}; lines are counted from its beginning */
export function parseLdif(bytes: Uint8Array, options: Pick<LdifOptions, 'name'>): readonly LdifEntry[] {
  return new LdifParser(options.name).parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).entries;
}

/** The values by attribute description, in lower case, as bytes of their own. */
export function attributesOf({ names, values }: LdifEntry): Map<string, Uint8Array[]> {
  const attributes = new Map<string, Uint8Array[]>();
  for (const [index, value] of values.entries()) {
    const name = (names[index] ?? '').toLowerCase();
    const bytes = Buffer.from(value, 'latin1');
    const list = attributes.get(name);
    if (list === undefined) attributes.set(name, [bytes]);
    else list.push(bytes);
  }
  return attributes;
}

/** Where the last empty line of the piece ends, which no record goes across; `before` is what came right before it. */
function endOfRecords(piece: Buffer, before: Buffer | undefined): number | undefined {
  const found = Math.max(endAfter(piece, '\n\n'), endAfter(piece, '\n\r\n'));
  if (found > 0) return found;
  const tail = before?.toString('latin1', Math.max(0, before.length - 2)) ?? '';
  const head = piece.toString('latin1', 0, 2);
  const [, across] = /\n(\r?\n)/.exec(tail + head) ?? [];
  if (across === undefined) return undefined;
  const end = (tail + head).search(/\n\r?\n/) + 1 + across.length - tail.length;
  return end > 0 ? end : undefined;
}

function endAfter(piece: Buffer, separator: string): number {
  const at = piece.lastIndexOf(separator, undefined, 'latin1');
  return at < 0 ? 0 : at + separator.length;
}

const [carriageReturn, space, colon, lessThan, hash] = [13, 32, 58, 60, 35];

/** Reads bytes that end where a record does; counts the lines and the bytes over all calls. */
class LdifParser {
  readonly #name: string;
  /** Names that were found well-formed: each is looked at once. */
  readonly #names = new Set<string>();
  #line = 0;
  #at = 0;
  #hasBegun = false;
  /** One for all values. */
  readonly #toInvalid = (state: string): Failure => this.invalid(state);

  constructor(name: string) {
    this.#name = name;
  }

  parse(bytes: Buffer): LdifBatch {
    const text = bytes.toString('latin1');
    const entries: LdifEntry[] = [];
    const ends: number[] = [];
    const begin = this.#at;
    this.#at += text.length;
    let entry: { dn: string; names: string[]; values: string[] } | undefined;
    for (let at = 0; at < text.length;) {
      this.#line += 1;
      let next = text.indexOf('\n', at);
      if (next < 0) next = text.length;
      const end = endOfLine(text, at, next);
      const first = text.charCodeAt(at);
      if (end === at) {
        at = next + 1;
        if (entry === undefined) continue;
        entries.push(entry);
        ends.push(begin + Math.min(at, text.length));
        entry = undefined;
        continue;
      }
      let line: string | undefined;
      // A line that begins with a blank goes on with the one before it.
      if (text.charCodeAt(next + 1) === space) [line, next] = this.#unfold(text, { at, end, next });
      if (first !== hash) entry = this.#readLine(line ?? text.slice(at, end), entry);
      at = next + 1;
    }
    if (entry !== undefined) {
      entries.push(entry);
      ends.push(this.#at);
    }
    return { entries, ends, bytes, at: begin };
  }

  /** What is wrong at the line that was read last. */
  invalid(state: string): Failure {
    return new Failure('E_LDIF_INVALID', `Cannot read ${this.#name} as LDIF: line ${this.#line}: ${state}`, {
      exitCode: exitCodes.verificationFailed,
      hint: 'see that the file is an export of entries by the server, whole',
    });
  }

  #unfold(text: string, { at, end, next }: { readonly at: number; readonly end: number; readonly next: number }): [string, number] {
    const parts = [text.slice(at, end)];
    let feed = next;
    while (text.charCodeAt(feed + 1) === space) {
      this.#line += 1;
      const from = feed + 2;
      feed = text.indexOf('\n', from);
      if (feed < 0) feed = text.length;
      parts.push(text.slice(from, endOfLine(text, from, feed)));
    }
    return [parts.join(''), feed];
  }

  #readLine(line: string, entry: { dn: string; names: string[]; values: string[] } | undefined) {
    const at = line.indexOf(':');
    if (at < 0) throw this.invalid('it has no colon');
    const name = line.slice(0, at);
    if (!this.#names.has(name)) this.#checkName(name);
    if (entry === undefined) return this.#begin(name, line, at);
    if (entry.names.length === 0 && /^(changetype|control)$/i.test(name)) {
      throw this.invalid('it begins a record of changes, and only entries are read here');
    }
    entry.names.push(name);
    entry.values.push(this.#valueOf(line, at));
    return entry;
  }

  #begin(name: string, line: string, at: number) {
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    const keyword = name.toLowerCase();
    if (keyword === 'version' && isFirst) {
      if (this.#valueOf(line, at).trim() !== '1') throw this.invalid('it is of another version than 1');
      return undefined;
    }
    if (keyword !== 'dn') throw this.invalid('a record begins there without its DN');
    return { dn: this.#textOf(this.#valueOf(line, at)), names: [], values: [] };
  }

  #valueOf(line: string, at: number): string {
    return ldifValue(line, at, this.#toInvalid);
  }

  #textOf(bytes: string): string {
    if (isAscii(bytes)) return bytes;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
    } catch {
      throw this.invalid('its DN is not UTF-8');
    }
  }

  #checkName(name: string): void {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*(;[A-Za-z0-9_-]+)*$/.test(name)) throw this.invalid('what comes before its colon is no attribute');
    if (this.#names.size < 10_000) this.#names.add(name);
  }
}

/** The value behind the colon at `at`, one character per byte; `invalid` makes the failure for what is none. */
export function ldifValue(line: string, at: number, invalid: (state: string) => Failure): string {
  const mark = line.charCodeAt(at + 1);
  if (mark === lessThan) throw invalid('its value lies elsewhere (":<"), which is not followed');
  const isEncoded = mark === colon;
  let from = at + (isEncoded ? 2 : 1);
  while (line.charCodeAt(from) === space) from += 1;
  const value = line.slice(from);
  if (!isEncoded) return value;
  const encoded = value.trimEnd();
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw invalid('its value is no base64');
  return Buffer.from(encoded, 'base64').toString('latin1');
}

function endOfLine(text: string, at: number, next: number): number {
  return next > at && text.charCodeAt(next - 1) === carriageReturn ? next - 1 : next;
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- ASCII has them
  return /^[\x00-\x7f]*$/.test(text);
}

import { normalDn } from '../../domain/dn.ts';
import { entryDigest } from '../../domain/entry-digest.ts';
import type { BlockTable } from '../../domain/entry-index.ts';
import { type LdifEntry, parseLdif } from '../../domain/read-ldif.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { partsThatDiffer } from './differing-blocks.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import type { ExportedEntries } from '../exports/exported-entries.ts';

/**
 * What became of one entry. `renamed`: the same `entryUUID` under another DN, with other values or not · `changed` may be another entry of the same name:
 * then their `entryUUID`s differ.
 */
export type EntryDifference =
  | { readonly kind: 'added'; readonly before?: undefined; readonly after: LdifEntry }
  | { readonly kind: 'removed'; readonly before: LdifEntry; readonly after?: undefined }
  | { readonly kind: 'changed' | 'renamed'; readonly before: LdifEntry; readonly after: LdifEntry };

export interface CompareOptions extends OperationContext {
  /** Entries for which it is false are taken to be on neither side. */
  readonly isWanted?: ((entry: LdifEntry) => boolean) | undefined;
}

/**
 * What differs between two exports of a backend, entry by entry, in no order. Blocks that both have are passed over unread, wherever they lie; of the others an entry is
 * looked at only where its text differs. Memory holds a part of what differs at a time, and the entries that only one side has.
 */
export async function* compareExports(
  before: ExportedEntries,
  after: ExportedEntries,
  { isWanted = () => true, ...options }: CompareOptions = {},
): AsyncGenerator<EntryDifference> {
  const alone = new AloneEntries();
  const [tableBefore, tableAfter] = await Promise.all([before.blocks(), after.blocks()]);
  for (const part of partsThatDiffer(tableBefore, tableAfter)) {
    const sides = {
      before: { exported: before, table: tableBefore, numbers: part.before },
      after: { exported: after, table: tableAfter, numbers: part.after },
    };
    for (let turn = 0; turn < part.turns; turn += 1) {
      yield* compareTexts(await differingTexts(sides, turnOf(part.turns, turn), options.signal), { before, after, alone, isWanted });
    }
  }
  yield* alone.differences();
}

interface BlocksOfSide {
  readonly exported: ExportedEntries;
  readonly table: BlockTable;
  readonly numbers: readonly number[];
}

interface Texts {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The texts of entries that only one side has; both are read at the same time. */
async function differingTexts(
  sides: Readonly<Record<Side, BlocksOfSide>>,
  isOfTurn: (text: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<Texts> {
  const found = new Map<string, Side>();
  const read = async (side: Side, _index: number, stop: AbortSignal): Promise<void> => {
    for await (const texts of textsOf(sides[side], stop)) {
      for (const text of texts) {
        if (!isOfTurn(text)) continue;
        const other = found.get(text);
        if (other !== undefined && other !== side) found.delete(text);
        else found.set(text, side);
      }
    }
  };
  await mapConcurrently(['before', 'after'] as const, 2, read, signal);
  const of = (side: Side): string[] => [...found].flatMap(([text, one]) => (one === side ? [text] : []));
  return { before: of('before'), after: of('after') };
}

type Side = 'before' | 'after';

interface TextsToCompare {
  readonly before: ExportedEntries;
  readonly after: ExportedEntries;
  readonly alone: AloneEntries;
  readonly isWanted: (entry: LdifEntry) => boolean;
}

function* compareTexts(texts: Texts, { before, after, alone, isWanted }: TextsToCompare): Generator<EntryDifference> {
  const byName = new Map<string, LdifEntry>();
  for (const text of texts.before) for (const entry of parseText(text, before).filter(isWanted)) byName.set(normalDn(entry.dn), entry);
  for (const text of texts.after) {
    for (const entry of parseText(text, after).filter(isWanted)) {
      const difference = paired(byName, entry, alone);
      if (difference !== undefined) yield difference;
    }
  }
  for (const [dn, entry] of byName) alone.add('before', dn, entry);
}

/** Takes the earlier version of an entry away, and tells whether it was another; where there is none, the entry is alone so far. */
function paired(byName: Map<string, LdifEntry>, after: LdifEntry, alone: AloneEntries): EntryDifference | undefined {
  const dn = normalDn(after.dn);
  const before = byName.get(dn);
  if (before === undefined || !areOfOneUuid(before, after)) {
    alone.add('after', dn, after);
    return undefined;
  }
  byName.delete(dn);
  return areSame(before, after) ? undefined : { kind: 'changed', before, after };
}

/** Entries that one side has and the other has not at that place: what is paired here was renamed, moved, or made anew under the same name. */
class AloneEntries {
  readonly #before = new Map<string, LdifEntry>();
  readonly #after = new Map<string, LdifEntry>();

  add(side: 'before' | 'after', normal: string, entry: LdifEntry): void {
    (side === 'before' ? this.#before : this.#after).set(normal, entry);
  }

  *differences(): Generator<EntryDifference> {
    yield* this.#pairs(([dn, entry]) => {
      const was = this.#before.get(dn);
      return was !== undefined && areOfOneUuid(was, entry) ? dn : undefined;
    });
    const namesByUuid = new Map([...this.#before].map(([dn, entry]) => [uuidOf(entry) ?? dn, dn]));
    yield* this.#pairs(([, entry]) => namesByUuid.get(uuidOf(entry) ?? ''));
    yield* this.#pairs(([dn]) => dn);
    for (const before of this.#before.values()) yield { kind: 'removed', before };
    for (const after of this.#after.values()) yield { kind: 'added', after };
  }

  *#pairs(nameBefore: (one: [string, LdifEntry]) => string | undefined): Generator<EntryDifference> {
    for (const [dn, after] of this.#after) {
      const nameThen = nameBefore([dn, after]);
      const before = nameThen === undefined ? undefined : this.#before.get(nameThen);
      if (nameThen === undefined || before === undefined) continue;
      this.#before.delete(nameThen);
      this.#after.delete(dn);
      if (nameThen !== dn) yield { kind: 'renamed', before, after };
      else if (!areSame(before, after)) yield { kind: 'changed', before, after };
    }
  }
}

/** The text of each entry in the blocks, with LF for line ends, block by block. */
async function* textsOf({ exported, table, numbers }: BlocksOfSide, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  for await (const { content } of exported.read(blocksOf(table, numbers), { signal })) {
    let text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
    // A carriage return that is part of a value is written in base64 (RFC 2849).
    if (text.includes('\r')) text = text.replaceAll('\r\n', '\n');
    yield text.split('\n\n').map(withoutEmptyLines).filter(Boolean);
  }
}

function withoutEmptyLines(text: string): string {
  return text.startsWith('\n') || text.endsWith('\n') ? text.replaceAll(/^\n+|\n+$/g, '') : text;
}

function* blocksOf(table: BlockTable, numbers: readonly number[]) {
  for (const number of numbers) yield table.block(number);
}

/** From a copy: it would keep the text of the whole block with it. */
function parseText(text: string, { file }: ExportedEntries): readonly LdifEntry[] {
  return parseLdif(Buffer.from(text, 'latin1'), { name: file.name });
}

function areSame(before: LdifEntry, after: LdifEntry): boolean {
  return entryDigest(before, '').equals(entryDigest(after, ''));
}

/** Whether they may be one entry: where one does not tell its `entryUUID`, the name decides. */
function areOfOneUuid(before: LdifEntry, after: LdifEntry): boolean {
  const [one, other] = [uuidOf(before), uuidOf(after)];
  return one === undefined || other === undefined || one === other;
}

/** Which texts belong to a turn: told by their first lines, so that two versions of an entry are of one turn. */
function turnOf(turns: number, turn: number): (text: string) => boolean {
  if (turns === 1) return () => true;
  return (text) => {
    const end = text.indexOf('\n');
    const length = end < 0 ? text.length : end;
    let sum = 0;
    for (let at = 0; at < length; at += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) >>> 0;
    return sum % turns === turn;
  };
}

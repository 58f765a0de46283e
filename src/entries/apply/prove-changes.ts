import { attributesIn, type ChangeRecord } from '../../domain/change-record.ts';
import { isAtOrBelow, normalDn, parentDn } from '../../domain/dn.ts';
import { dnAfter, type EntryState, stateOf } from '../../domain/entry-after.ts';
import { entryDigest } from '../../domain/entry-digest.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { DirectoryServer } from '../../directory-servers/directory-server.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { OperationContext } from '../../foundation/progress.ts';

export interface Unproven {
  readonly dn: string;
  /** A clause. */
  readonly state: string;
}

/** What is to be found at a DN; `digest` undefined: nothing. */
interface Expected {
  readonly dn: string;
  readonly digest: Buffer | undefined;
  /** The server's own attributes that were asked for, in lower case: they count too. */
  readonly asked: readonly string[];
}

export interface ExpectedDigest {
  readonly digest: Buffer;
  readonly asked: readonly string[];
}

const readsAtOnce = 16;

/** What the changed entries have to be, in some hundred bytes each. */
export class ExpectedEntries {
  readonly #expected = new Map<string, Expected>();
  /** Every DN that one of them is below. */
  readonly #above = new Set<string>();

  digestOf(after: EntryState, change: ChangeRecord, schema: Schema): ExpectedDigest {
    const asked = askedNames(change, schema);
    return { digest: comparableDigest(after, asked, schema), asked };
  }

  /** A change that was made; `after` is undefined where the entry is gone, or where it was not seen before. */
  note(change: ChangeRecord, after: ExpectedDigest | undefined): void {
    const dn = dnAfter(change);
    if (change.kind === 'rename' && dn !== undefined) this.#move(normalDn(change.dn), normalDn(dn));
    const gone = dn === undefined || change.kind === 'rename' ? { dn: change.dn, digest: undefined, asked: [] } : undefined;
    if (gone !== undefined) this.#set(normalDn(gone.dn), gone);
    if (dn !== undefined && after !== undefined) this.#set(normalDn(dn), { dn, ...after });
  }

  #set(key: string, expected: Expected): void {
    this.#expected.set(key, expected);
    for (let above = key; ;) {
      above = parentDn(above) ?? '';
      if (above === '' || this.#above.has(above)) return;
      this.#above.add(above);
    }
  }

  /** What was changed below goes along; a digest is not of the DN. */
  #move(from: string, to: string): void {
    if (!this.#above.has(from)) return;
    for (const [key, expected] of new Map(this.#expected)) {
      if (key === from || !isAtOrBelow(key, from)) continue;
      this.#expected.delete(key);
      const moved = `${key.slice(0, key.length - from.length)}${to}`;
      this.#set(moved, { ...expected, dn: moved });
    }
  }

  /** Reads each entry and compares. */
  async prove(
    server: DirectoryServer,
    schema: Schema,
    options: OperationContext,
  ): Promise<{ readonly proven: number; readonly unproven: readonly Unproven[] }> {
    const unproven: Unproven[] = [];
    const step = 'read back';
    const total = this.#expected.size;
    let done = 0;
    options.report?.({ kind: 'begin', step, total, unit: 'entries' });
    await mapConcurrently(this.#expected.values(), readsAtOnce, async ({ dn, digest, asked }) => {
      const found = await server.readEntry(dn, options);
      const state = judge(found === undefined ? undefined : comparableDigest(stateOf(found, schema), asked, schema), digest);
      if (state !== undefined) unproven.push({ dn, state });
      done += 1;
      if (done % 100 === 0 || done === total) options.report?.({ kind: 'advance', step, done, total });
    });
    options.report?.({
      kind: 'end',
      step,
      ...(unproven.length === 0 ? {} : { isBad: true, note: `${unproven.length} are not as planned` }),
    });
    return { proven: total - unproven.length, unproven };
  }
}

function judge(found: Buffer | undefined, expected: Buffer | undefined): string | undefined {
  if (expected === undefined) return found === undefined ? undefined : 'it is still there';
  if (found === undefined) return 'it is not there';
  return found.equals(expected) ? undefined : 'it has other values than planned';
}

/**
 * Of everything but the DN's own spelling and what the server keeps up by itself, unless that was asked for: who changed an entry last, and when, follows from the change.
 */
function comparableDigest(state: EntryState, asked: readonly string[], schema: Schema): Buffer {
  const [names, values]: [string[], string[]] = [[], []];
  for (const [key, attribute] of state.values) {
    if (schema.attribute(key)?.isUserModifiable === false && !asked.includes(key)) continue;
    for (const value of attribute.values) {
      names.push(key);
      values.push(value);
    }
  }
  return entryDigest({ dn: '', names, values }, '');
}

function askedNames(change: ChangeRecord, schema: Schema): readonly string[] {
  return attributesIn(change)
    .map(({ name }) => schema.comparableName(name))
    .filter((name) => schema.attribute(name)?.isUserModifiable === false);
}

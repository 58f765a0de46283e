import { type AttributeChange, isStamp } from '../../domain/entry-changes.ts';
import type { EntryDifference } from './compare-exports.ts';

export type DifferenceKind = EntryDifference['kind'];

export interface DiffExample {
  readonly kind: DifferenceKind;
  readonly dn: string;
  /** Of a renamed entry its name before. */
  readonly dnBefore?: string | undefined;
  /** The names of the attributes that changed. */
  readonly attributes: readonly string[];
}

export interface EntryDiffSummary {
  readonly counts: Readonly<Record<DifferenceKind, number>>;
  /** In how many entries each attribute changed, most first; of entries that are on both sides. */
  readonly attributes: readonly { readonly name: string; readonly entries: number }[];
  /** The first ones. */
  readonly examples: readonly DiffExample[];
}

/** Counts differences, and keeps the first. */
export class DiffCounter {
  readonly #counts: Record<DifferenceKind, number> = { added: 0, removed: 0, changed: 0, renamed: 0 };
  readonly #attributes = new Map<string, { name: string; entries: number }>();
  readonly #examples: DiffExample[] = [];
  readonly #mostExamples: number;

  constructor(mostExamples: number) {
    this.#mostExamples = mostExamples;
  }

  add(difference: EntryDifference, changes: readonly AttributeChange[]): void {
    const { kind, before, after } = difference;
    this.#counts[kind] += 1;
    for (const { name } of changes) {
      const key = name.toLowerCase();
      if (isStamp(name)) continue;
      const known = this.#attributes.get(key);
      if (known === undefined) this.#attributes.set(key, { name, entries: 1 });
      else known.entries += 1;
    }
    if (this.#examples.length >= this.#mostExamples) return;
    const dn = (after ?? before)?.dn ?? '';
    const names = changes.map(({ name }) => name).filter((name) => !isStamp(name));
    this.#examples.push({ kind, dn, ...(kind === 'renamed' ? { dnBefore: before?.dn } : {}), attributes: names });
  }

  summary(): EntryDiffSummary {
    const attributes = [...this.#attributes.values()].toSorted((a, b) => b.entries - a.entries || a.name.localeCompare(b.name));
    return { counts: this.#counts, attributes, examples: this.#examples };
  }
}

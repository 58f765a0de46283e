import type { AuditEntry } from './audit-entries.ts';

/** What is looked for; empty: all. */
export interface AuditFilter {
  readonly who: string;
  readonly action: string;
  readonly outcome: string;
}

export const noFilter: AuditFilter = { who: '', action: '', outcome: '' };

/** Those that fit, in their order. */
export function filtered(entries: readonly AuditEntry[], { who, action, outcome }: AuditFilter): readonly AuditEntry[] {
  return entries.filter(
    (entry) =>
      (who === '' || entry.who.name === who) && (action === '' || entry.action === action) && (outcome === '' || entry.outcome === outcome),
  );
}

/** The values that there are to choose from, sorted. */
export function valuesOf(entries: readonly AuditEntry[], of: (entry: AuditEntry) => string): readonly string[] {
  return [...new Set(entries.map(of))].toSorted((a, b) => (a < b ? -1 : 1));
}

import { isAtOrBelow, normalDn, parseDn } from '../../domain/dn.ts';

/** What becomes of DNs when entries are renamed: everything below goes with them. */
export class MovedNames {
  readonly #targets = new Map<string, string>();

  add(from: string, to: string): void {
    this.#targets.set(normalDn(from), to);
  }

  /** Where the entry of this DN is after all renames; the text itself where none is of it or above it. */
  finalDn(dn: string): string {
    if (this.#targets.size === 0) return dn;
    const own = this.#targets.get(normalDn(dn));
    if (own !== undefined) return own;
    const steps = parseDn(dn).map((rdn) => rdn.text);
    for (let step = 1; step < steps.length; step += 1) {
      const target = this.#targets.get(normalDn(steps.slice(step).join(',')));
      if (target !== undefined) return joined(steps.slice(0, step), target);
    }
    return dn;
  }
}

/** The DN of what has these steps above an entry. */
export function joined(steps: readonly string[], parent: string): string {
  return [...steps, ...(parent === '' ? [] : [parent])].join(',');
}

/** The entry's own step, as it is spelled. */
export function ownStep(dn: string): string {
  return parseDn(dn)[0]?.text ?? '';
}

/** The DNs above one, nearest first, in the form of `normalDn`; without the root. */
export function namesAbove(dn: string): string[] {
  const steps = parseDn(normalDn(dn)).map((rdn) => rdn.text);
  return steps.slice(1).map((_, index) => steps.slice(index + 1).join(','));
}

/** Whether an entry is one of the bases or below one. */
export function isWithin(dn: string, bases: readonly string[]): boolean {
  const normal = normalDn(dn);
  return bases.some((base) => isAtOrBelow(normal, normalDn(base)));
}

/** Whether two DNs are spellings of one. */
export function areSameDn(one: string, other: string): boolean {
  return one === other || normalDn(one) === normalDn(other);
}

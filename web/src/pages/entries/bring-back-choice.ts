import { effect, signal } from '@preact/signals';
import { session } from '../../api/session-state.ts';

/** What is to be brought back, and how: chosen on several pages, and kept in this tab until who is signed in goes. It names entries, and holds no values. */
export interface BringBack {
  /** The snapshot whose state comes back. */
  readonly from: string;
  readonly entries: readonly ChosenEntry[];
  /** Names with commas; empty: all. */
  readonly attributes: string;
  readonly without: string;
  readonly where: string;
  readonly base: string;
  readonly isSubtree: boolean;
  readonly isDeletingAdded: boolean;
  readonly isWithReferences: boolean;
}

export interface ChosenEntry {
  readonly dn: string;
  /** The snapshot in which it was seen when it was chosen. */
  readonly from: string;
}

/** More names than that make no command line of the API: a filter or a base does. */
export const mostChosen = 150;

const key = 'rootcellar-bring-back';

export const nothingChosen: BringBack = {
  from: '',
  entries: [],
  attributes: '',
  without: '',
  where: '',
  base: '',
  isSubtree: false,
  isDeletingAdded: false,
  isWithReferences: true,
};

export const bringBack = signal<BringBack>(stored());

effect(() => sessionStorage.setItem(key, JSON.stringify(bringBack.value)));
effect(() => {
  if (session.value?.isSignedIn === false) bringBack.value = nothingChosen;
});

export function isChosen(dn: string): boolean {
  return bringBack.value.entries.some((entry) => entry.dn === dn);
}

/** Chooses entries of a snapshot, up to {@link mostChosen}. Their snapshot becomes the one whose state comes back. */
export function choose(dns: readonly string[], from: string): void {
  const before = bringBack.value;
  const others = before.entries.filter(({ dn }) => !dns.includes(dn));
  bringBack.value = { ...before, from, entries: [...others, ...dns.map((dn) => ({ dn, from }))].slice(0, mostChosen) };
}

export function leaveOut(dn: string): void {
  const before = bringBack.value;
  bringBack.value = { ...before, entries: before.entries.filter((entry) => entry.dn !== dn) };
}

export function changeChoice(facts: Partial<BringBack>): void {
  bringBack.value = { ...bringBack.value, ...facts };
}

/** What another version of this page left, or somebody else, is no reason not to begin. */
function stored(): BringBack {
  try {
    const told = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Record<keyof BringBack, unknown>>;
    const known = Object.entries(nothingChosen).filter(([name, usual]) => typeof told[name as keyof BringBack] === typeof usual);
    const kept = Object.fromEntries(known.map(([name]) => [name, told[name as keyof BringBack]])) as Partial<BringBack>;
    const entries = Array.isArray(told.entries) ? (told.entries as unknown[]).filter(isEntry) : [];
    return { ...nothingChosen, ...kept, entries };
  } catch {
    return nothingChosen;
  }
}

function isEntry(one: unknown): one is ChosenEntry {
  return (
    typeof one === 'object' && one !== null && 'dn' in one && 'from' in one && typeof one.dn === 'string' && typeof one.from === 'string'
  );
}

/** The addresses of the pages about entries: what is looked at stands in them, so that it can be shared and come back to. */
export function searchAddress(query: Readonly<Record<string, string>>): string {
  return withQuery('/entries', query);
}

/** `from`: a snapshot; `beside`: another one, or `now`. */
export function entryAddress(dn: string, { from, beside }: { readonly from?: string; readonly beside?: string } = {}): string {
  return withQuery('/entries/entry', { dn, from: from ?? '', beside: beside ?? '' });
}

export function compareAddress(query: Readonly<Record<string, string>>): string {
  return withQuery('/entries/compare', query);
}

export const bringBackAddress = '/entries/bring-back';

export function revertAddress(query: Readonly<Record<string, string>>): string {
  return withQuery('/entries/revert', query);
}

export function undoAddress(file: string): string {
  return withQuery('/entries/undo', { file });
}

/** Of one kept command, or the list of them. */
export function changesAddress(id = ''): string {
  return withQuery('/entries/changes', { id });
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

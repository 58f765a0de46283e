/**
 * A text in the form in which RFC 4518 compares it: compatible characters made one (NFKC), what is not seen dropped, every blank a space, none at the ends and
 * never two together; with `isCaseIgnored` in lower case. A text of blanks alone is empty.
 */
export function prepareText(text: string, isCaseIgnored: boolean): string {
  if (plain.test(text)) return isCaseIgnored ? text.toLowerCase() : text;
  const mapped = text.replaceAll(separators, ' ').replaceAll(unseen, '');
  const cased = isCaseIgnored ? mapped.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ') : mapped;
  return cased.normalize('NFKC').replaceAll(/ {2,}/g, ' ').replaceAll(/^ | $/g, '');
}

/** Nothing to do but the case: printable ASCII, with single spaces inside. */
const plain = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/** RFC 4518, section 2.2: what is mapped to a space. */
const separators = /[\t\n\v\f\r\u0085\p{Z}]/gu;

/** RFC 4518, section 2.2: what is mapped to nothing. */
const unseen =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- the RFC names these characters
  /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u06dd\u070f\u1806\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/gu;

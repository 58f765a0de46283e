/**
 * A DN in the form in which two servers' spellings of one base DN are equal: lower case, no blanks around `,`, `+` and `=`
 * (RFC 4514 lets all of that differ for attributes that ignore case, as those that name base DNs do). Escaped characters stay as they are.
 */
export function comparableDn(dn: string): string {
  return dn
    .trim()
    .toLowerCase()
    .replaceAll(/\s+/g, (blanks, at: number, text: string) => (isBeside(text, at, at + blanks.length) ? '' : blanks));
}

/** Whether the blanks from there to there stand before a separator, or behind one that is not escaped. */
function isBeside(text: string, from: number, to: number): boolean {
  return /[,+=]/.test(text[to] ?? '') || (/[,+=]/.test(text[from - 1] ?? '') && text[from - 2] !== '\\');
}

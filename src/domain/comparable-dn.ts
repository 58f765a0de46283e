/**
 * A DN in the form in which two servers' spellings of one base DN are equal: lower case, no blanks around `,`, `+` and `=`
 * (RFC 4514 lets all of that differ for attributes that ignore case, as those that name base DNs do). Escaped characters stay as they are.
 */
export function comparableDn(dn: string): string {
  return dn
    .trim()
    .toLowerCase()
    .replaceAll(/\s*(?<!\\)([,+=])\s*/g, '$1');
}

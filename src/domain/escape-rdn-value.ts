/** A text as the value of an RDN: the characters that RFC 4514 (section 2.4) has a meaning for are escaped. Not for texts with blanks at their ends. */
export function escapeRdnValue(text: string): string {
  return text.replaceAll(/[\\,+"<>;=#]/g, '\\$&');
}

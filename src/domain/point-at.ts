/** The text around a position (from 0), and below it a mark right there; two lines, for the hint of a failure. Control characters are shown as `?`. */
export function pointAt(text: string, at: number): string {
  const from = Math.max(0, at - 60);
  const before = from > 0 ? '…' : '';
  const shown = text.slice(from, from + 120).replaceAll(/\p{Cc}/gu, '?');
  return `see the mark:\n    ${before}${shown}${text.length > from + 120 ? '…' : ''}\n    ${' '.repeat(before.length + at - from)}^`;
}

/** An RFC 3339 time without its punctuation, as it stands in names of objects: `20261126T060000000Z`. Of times of one length the names sort as the times do. */
export function compactTime(time: string): string {
  return time.replaceAll(/[-:.]/g, '');
}

/** The time that {@link compactTime} wrote; undefined for any other text. */
export function timeOfCompact(text: string): string | undefined {
  const [, year, month, day, hour, minute, second, fraction] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d*)Z$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction === '' ? '' : `.${fraction}`}Z`;
}

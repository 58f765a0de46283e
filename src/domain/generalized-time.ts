/** Milliseconds since 1970 of a GeneralizedTime in UTC (RFC 4517 §3.3.13: `20261126014550.798Z`); undefined for any other text. */
export function parseGeneralizedTime(text: string): number | undefined {
  const [, year, month, day, hour, minute, second, fraction = '0'] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,](\d{1,9}))?Z$/.exec(text) ?? [];
  if (second === undefined) return undefined;
  const whole = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return whole + Math.floor(Number(`0.${fraction}`) * 1000);
}

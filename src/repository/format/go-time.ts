/** A moment to the nanosecond, as file systems and restic keep it. */
export interface Moment {
  /** Whole milliseconds since 1970, rounded down. */
  readonly milliseconds: number;
  /** What is left, 0 to 999,999. */
  readonly nanoseconds: number;
}

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 in UTC with as many digits of the second as there are, as Go writes it. */
export function encodeMoment({ milliseconds, nanoseconds }: Moment): string {
  const text = new Date(milliseconds).toISOString();
  const fraction = `${text.slice(20, 23)}${String(nanoseconds).padStart(6, '0')}`.replace(/0+$/, '');
  return `${text.slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Reads RFC 3339 with any offset; undefined for anything else. */
export function decodeMoment(text: string): Moment | undefined {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const [, seconds = '', fraction = '', zone = 'Z'] = found;
  const milliseconds = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  const digits = fraction.padEnd(9, '0');
  return { milliseconds: milliseconds + Number(digits.slice(0, 3)), nanoseconds: Number(digits.slice(3)) };
}

/** The moment of so many nanoseconds since 1970. */
export function momentOf(nanoseconds: bigint): Moment {
  const rest = ((nanoseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { milliseconds: Number((nanoseconds - rest) / 1_000_000n), nanoseconds: Number(rest) };
}

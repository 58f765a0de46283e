/** What came from elsewhere and may be of another version of the program: each reader gives undefined for what it does not know. */
export type Facts = Readonly<Record<string, unknown>>;

export function factsOf(value: unknown): Facts | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Facts) : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Those that `read` knows; an empty list for what is none. */
export function listOf<Item>(value: unknown, read: (item: unknown) => Item | undefined): readonly Item[] {
  return Array.isArray(value) ? value.map(read).filter((item) => item !== undefined) : [];
}

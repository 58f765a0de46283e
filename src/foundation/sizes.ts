const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** For people: `512 B`, `1.50 KiB`, `710 MiB`; three significant digits. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1023.5 && step < steps.length - 1) {
    value /= 1024;
    step += 1;
  }
  const digits = step === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${steps[step]}`;
}

/**
 * Reads `64MiB`, `1.5 GiB`, `500 MB`, `4096`; KiB is 1024, kB (or KB) 1000, and a letter alone counts as KiB does. Returns whole bytes.
 *
 * Returns undefined for anything else, so that the caller's sentence can name the setting.
 */
export function parseBytes(text: string): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(B|[KMGTP]i?B|kB|[KMGTP]i?|k)?\s*$/.exec(text);
  if (found === null) return undefined;
  const [, amount = '', unit = 'B'] = found;
  const power = 'BKMGTP'.indexOf(unit[0]?.toUpperCase() ?? 'B');
  const base = unit.length === 2 && unit.endsWith('B') ? 1000 : 1024;
  const bytes = Math.round(Number(amount) * base ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The value of a setting as one would write it; a dash for none. */
export function showValue(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (Array.isArray(value)) return value.map(showValue).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

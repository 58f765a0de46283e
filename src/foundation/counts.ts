/** A whole number for people: `1,234,567`. Node's own `toLocaleString` does the same, and loads tables of all languages for it, which takes longer than many a command. */
export function formatCount(count: number): string {
  return `${count}`.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** Tells whether `name` can be a folder of the archive: letters, digits, `.`, `_`, `-`, beginning with none of `.` and `-`, at most 100. */
export function isServerName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name);
}

/** The nearest such name: every other character becomes `-`. */
export function serverNameFrom(text: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 100);
  return name === '' ? 'server' : name;
}

/** Whether this system knows a time zone of that name. */
export function isTimeZone(name: string): boolean {
  // The usual one: what knows all the others takes a twentieth of a command's start to load.
  if (name === 'UTC') return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

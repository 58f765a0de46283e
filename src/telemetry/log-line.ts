/** Turns one JSON line of the log into one for people: `12:30:05 WARN  request tried again attempt=2`. */
export function formatLogLine(line: string): string {
  const { time, level, msg, err, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const shown = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`,
  );
  if (isRecord(err)) shown.push(`error=${quoted(String(err['message']))}`);
  const moment = String(time).slice(11, 19);
  return `${[moment, String(level).toUpperCase().padEnd(5), String(msg), ...shown].join(' ')}\n`;
}

function quoted(value: string): string {
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

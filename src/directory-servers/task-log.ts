/** A line that the server wrote about a task. */
export interface TaskLogLine {
  readonly severity: 'info' | 'warning' | 'error';
  /** `tool-261`, where the line names it. */
  readonly messageId: string | undefined;
  readonly text: string;
}

/**
 * Reads one line in any of the family's forms; a line of another form is its own text:
 * `[date] severity="NOTICE" msgCount=0 msgID=org.opends.messages.tool-280 message="…"` (OpenDJ's tasks; PingDirectory's has a number as msgID),
 * `[date] category=TOOLS severity=NOTICE msgID=280 msg=…` (OpenDJ's offline tools).
 */
export function readTaskLogLine(line: string): TaskLogLine {
  const severity = /\bseverity="?([A-Z_]+)"?/i.exec(line)?.[1]?.toUpperCase();
  const message = /\b(?:message="(.*)"\s*$|msg=(.*)$)/s.exec(line);
  return { severity: severityOf(severity), messageId: messageIdOf(line), text: (message?.[1] ?? message?.[2] ?? line).trim() };
}

function severityOf(name: string | undefined): TaskLogLine['severity'] {
  if (name === undefined) return 'info';
  if (/ERROR|FATAL/.test(name)) return 'error';
  return name.includes('WARNING') ? 'warning' : 'info';
}

const categories: Readonly<Record<string, string>> = { TOOLS: 'tool', UTIL: 'utility' };

function messageIdOf(line: string): string | undefined {
  const id = /\bmsgID="?([\w.-]+)"?/.exec(line)?.[1];
  if (id === undefined) return undefined;
  const category = /\bcategory="?(\w+)"?/.exec(line)?.[1];
  return category === undefined ? id.replace(/^.*\./, '') : `${categories[category] ?? category.toLowerCase()}-${id}`;
}

/** The name of the file a backup or restore has finished with, where the line tells. */
export function finishedFile(text: string): string | undefined {
  return /^(?:Archived|Restored|Verifying) (?:backup )?file:\s*(.+?)(?: \(size \d+\))?$/i.exec(text)?.[1];
}

import { Failure } from '../foundation/failure.ts';
import { type TaskRequest, attemptOf } from './task-entry.ts';
import { type TaskLogLine, readTaskLogLine } from './task-log.ts';

/** What the server says, and what it means; the first that fits counts. */
const meanings: readonly { readonly pattern: RegExp; readonly code: `E_${string}`; readonly hint: string }[] = [
  {
    pattern: /No space left on device|disk (is )?full|Disk quota exceeded/i,
    code: 'E_DISK_FULL',
    hint: 'free space in the folder that the server writes to, or give staging.folder a larger volume',
  },
  {
    pattern:
      /FileNotFoundException|Permission denied|AccessDenied|Read-only file system|NoSuchFileException|cannot be created|create the backup directory/i,
    code: 'E_STAGING_NOT_WRITABLE',
    hint: "see that the folder exists for the server too and that the server's user may write there (staging.folder, staging.serverFolder)",
  },
  {
    pattern: /No backup directory descriptor file was found/i,
    code: 'E_STAGING_NOT_SHARED',
    hint: 'make staging.folder and staging.serverFolder name the same folder as rootcellar and as the server see it, readable by both',
  },
  {
    pattern: /backend .*(is|was) disabled/i,
    code: 'E_BACKEND_DISABLED',
    hint: 'enable the backend, or leave it out of the backup',
  },
  {
    pattern: /None of the Directory Server backends are configured with the requested backend ID|no (such )?backend/i,
    code: 'E_BACKEND_MISSING',
    hint: 'name a backend that the server has; `rootcellar doctor` lists them',
  },
  {
    pattern: /sufficient (privileges|access)/i,
    code: 'E_PRIVILEGE_MISSING',
    hint: 'give the account what docs/guide/least-privilege-account.md lists',
  },
];

/** What a task came to, whoever ran it. */
export interface TaskEnd {
  /** How it ended, for people: `stopped by error`, `exit code 1`. */
  readonly state: string;
  /** All lines of the server in their order. */
  readonly log: readonly string[];
}

/** The failure of a task that ended otherwise than well; its sentence ends with the server's last error line. */
export function taskFailure(request: TaskRequest, end: TaskEnd): Failure {
  const words = lastWords(end.log);
  const meaning = meaningOf(request, end.log);
  const state = words === undefined ? `the server's task ended as "${end.state}"` : `the server says "${words}"`;
  return new Failure(meaning?.code ?? 'E_TASK_FAILED', `Cannot ${attemptOf(request)}: ${state}`, {
    hint: meaning?.hint ?? "see the server's logs/errors for what came before",
    facts: { state: end.state },
  });
}

function meaningOf(request: TaskRequest, log: readonly string[]): (typeof meanings)[number] | undefined {
  const errors = errorLines(log)
    .map(({ text }) => text)
    .join('\n');
  // A restore reads the folder: a file it misses there is not a matter of writing.
  const isReading = request.kind === 'restore' || request.kind === 'import';
  return meanings.find(({ code, pattern }) => !(isReading && code === 'E_STAGING_NOT_WRITABLE') && pattern.test(errors));
}

/**
 * What the server says of its own monitoring stands among the lines of whatever task runs at that moment, as an error, and says nothing of the task. OpenDJ 5.0.3 says it
 * where replication connects anew: a second monitor of the same name. Taken for the task's own, it would refuse a restore of a replica that came back a moment ago.
 */
function isBeside({ text }: TaskLogLine): boolean {
  return /could not register a JMX MBean/i.test(text);
}

/** The lines of severity error; where there is none, the warnings: OpenDJ refuses a backend it cannot back up by a warning alone. */
function errorLines(log: readonly string[]): readonly TaskLogLine[] {
  const lines = log.map(readTaskLogLine).filter((line) => !isBeside(line));
  const errors = lines.filter(({ severity }) => severity === 'error');
  return errors.length > 0 ? errors : lines.filter(({ severity }) => severity === 'warning');
}

function lastWords(log: readonly string[]): string | undefined {
  return (
    errorLines(log)
      .at(-1)
      ?.text.replaceAll(/\s+/g, ' ')
      // OpenDJ appends the places in its code: `(BackupManager.java:887 BackupTask.java:377)`.
      .replaceAll(/ \((?:\w+\.java:-?\d+ ?)+(?:\.\.\.)?\)/g, '')
      .replace(/[.\s]+$/, '')
  );
}

/**
 * Tells whether the log of a task that calls itself successful shows an error all the same. OpenDJ #1025: a restore that could
 * not lock its backend ended "successfully" without restoring anything.
 */
export function contradictsSuccess(log: readonly string[]): boolean {
  return log.map(readTaskLogLine).some((line) => line.severity === 'error' && !isBeside(line));
}

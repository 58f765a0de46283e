import { Failure } from '../foundation/failure.ts';
import type { ToolEnd } from './run-tool.ts';
import { type TaskRequest, attemptOf } from './task-entry.ts';
import { contradictsSuccess, taskFailure } from './task-failure.ts';

/** What a program says when it could not reach the server or was not let in. */
const connectionTroubles: readonly {
  readonly pattern: RegExp;
  readonly code: `E_${string}`;
  readonly state: string;
  readonly hint: string;
}[] = [
  {
    pattern: /simple bind attempt failed|invalid credentials/i,
    code: 'E_BIND_REFUSED',
    state: 'the server knows no such account with this password',
    hint: 'see that server.bindDn names the account and that server.bindPasswordFile holds its password',
  },
  {
    pattern: /SSLHandshake|PKIX|CertificateException|certificate/i,
    code: 'E_SERVER_TLS',
    state: "the server's certificate is not trusted by its own program",
    hint: 'set server.caFile to the PEM file of the certificate that signed it',
  },
  {
    pattern: /Connection refused|ConnectException|UnknownHost|connect(ion)? (error|timed out)|unable to connect/i,
    code: 'E_SERVER_UNREACHABLE',
    state: 'the server cannot be reached',
    hint: 'see that the server runs and that server.url is its address',
  },
];

/**
 * Judges a program by its exit code and by what it printed: exit code 0 alone proves nothing, OpenDJ's programs end so after
 * `stopped_by_shutdown` too, and a backup "with one or more errors" is none.
 *
 * @throws Failure with the last error line of the program
 */
export function assertToolSucceeded(request: TaskRequest, end: ToolEnd, isOnline: boolean): void {
  const text = end.lines.join(' ');
  const isDenied = contradictsSuccess(end.lines) || /with one or more errors|did not complete successfully/i.test(text);
  const isConfirmed = !isOnline || /has been successfully completed/i.test(text);
  if (end.exitCode === 0 && !isDenied && isConfirmed) return;
  const isAboutTask = end.lines.some((line) => /severity=/.test(line));
  const trouble = isAboutTask ? undefined : connectionTroubles.find(({ pattern }) => pattern.test(text));
  if (trouble !== undefined) {
    throw new Failure(trouble.code, `Cannot ${attemptOf(request)}: ${trouble.state}`, { hint: trouble.hint });
  }
  const failure = taskFailure(request, { state: `exit code ${end.exitCode}`, log: end.lines });
  if (failure.code !== 'E_TASK_FAILED' || isAboutTask) throw failure;
  const words = end.lines
    .slice(-3)
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/[.\s]+$/, '');
  throw new Failure(
    'E_TOOL_FAILED',
    `Cannot ${attemptOf(request)}: the server's program ended with exit code ${end.exitCode} and says "${words}"`,
    {
      hint: "run the program of the server's bin folder by hand to see more",
      facts: { exitCode: end.exitCode },
    },
  );
}

import { exitCodes, isFailure, messageOf, type ExitCode } from '../foundation/failure.ts';
import { printable, type Look } from './look.ts';

/** What is told of an error, whatever was thrown. */
export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
  /** Where it came from; only for what nobody expected. */
  readonly stack: string | undefined;
}

/** Puts anything thrown into words; `aborted` tells that the operator stopped the command. */
export function tellError(error: unknown, aborted: boolean): ToldError {
  if (isFailure(error)) {
    return { code: error.code, message: error.message, hint: error.hint, exitCode: error.exitCode, stack: undefined };
  }
  if (aborted && isAbort(error)) {
    return {
      code: 'E_INTERRUPTED',
      message: 'The command was interrupted',
      hint: undefined,
      exitCode: exitCodes.interrupted,
      stack: undefined,
    };
  }
  return {
    code: 'E_UNEXPECTED',
    message: `Something unexpected happened: ${messageOf(error)}`,
    hint: 'run it again with --debug, and report what it prints: this is a fault of rootcellar',
    exitCode: exitCodes.failure,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'Interrupted');
}

/** For people: `rootcellar: Cannot …` and below it the next step. */
export function errorText({ message, hint, stack }: ToldError, look: Look, debug: boolean): string {
  const lines = [`${look.red('rootcellar:')} ${printable(message)}`];
  if (hint !== undefined) lines.push(`  ${look.dim('→')} ${printable(hint)}`);
  if (debug && stack !== undefined) lines.push(look.dim(stack));
  return `${lines.join('\n')}\n`;
}

/** For `--json`: one line on the standard error. */
export function errorJson({ code, message, hint, exitCode, stack }: ToldError, debug: boolean): string {
  return `${JSON.stringify({ event: 'error', code, message, hint, exitCode, ...(debug ? { stack } : {}) })}\n`;
}

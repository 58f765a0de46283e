import type { Parts } from '../compose.ts';
import { type PasswordWeakness, weaknessOf } from '../domain/password-strength.ts';
import { wrongUsage } from '../foundation/failure.ts';
import type { ProgressEvent, ReportProgress } from '../foundation/progress.ts';
import type { Secret } from '../foundation/secret.ts';

/** The option that names the file of a password to come. */
export const newPasswordOption = {
  type: 'text',
  placeholder: 'FILE',
  summary: 'file that holds the new password; line ends at its end are not part of it',
  isRequired: true,
  completes: 'file',
} as const;

const hint = 'write a long random one into the file, such as "openssl rand -base64 24" prints, and keep a copy of it elsewhere';

/**
 * Reads the password that an archive is to be opened with from now on. A weak one is told.
 *
 * @throws Failure E_SECRET_FILE, E_USAGE (both exit code 2) for one that is hardly better than none
 */
export async function readNewPassword(
  { secret }: Pick<Parts, 'secret'>,
  file: string,
  option: string,
  report?: ReportProgress,
): Promise<Secret> {
  const password = await secret(file, option);
  const weakness = weaknessOf(password);
  if (weakness?.kind === 'refused') throw wrongUsage(`Cannot use the password in ${file}: ${weakness.state}`, hint);
  if (weakness !== undefined) report?.(weaknessNote(file, weakness));
  return password;
}

/** Tells what speaks against the password with which an archive was made: it is late to refuse it, and early enough to change it. */
export async function tellWeakness({ secret }: Pick<Parts, 'secret'>, file: string, report: ReportProgress | undefined): Promise<void> {
  const weakness = weaknessOf(await secret(file, 'passwordFile'));
  if (weakness !== undefined) report?.(weaknessNote(file, weakness));
}

function weaknessNote(file: string, { state }: PasswordWeakness): ProgressEvent {
  return { kind: 'note', level: 'warning', text: `the password in ${file} is weak: ${state}` };
}

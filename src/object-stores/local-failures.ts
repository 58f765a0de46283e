import { Failure, messageOf } from '../foundation/failure.ts';

/** Turns what the file system says into the failure that an operator reads; what is no file system's error is a bug and stays. */
export function localFailure(error: unknown, attempt: string): unknown {
  if (error instanceof Failure) return error;
  const code = errnoOf(error);
  switch (code) {
    case undefined:
      return error;
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('E_DISK_FULL', `${attempt}: the disk is full`, {
        hint: 'free space on it or enlarge it, then run again; nothing half-written was left',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Failure('E_ACCESS_DENIED', `${attempt}: the operating system does not allow it (${code})`, {
        hint: 'give the user that rootcellar runs as the right to read and write the folder',
        cause: error,
      });
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return new Failure('E_KEY_REFUSED', `${attempt}: a file and a folder cannot have one name`, { cause: error });
    case 'ELOOP':
      return symlinkInTheWay(attempt, error);
    default:
      return new Failure('E_STORE_FAILED', `${attempt}: ${messageOf(error)}`, { hint: 'look at the state of the disk', cause: error });
  }
}

export function symlinkInTheWay(attempt: string, cause?: unknown): Failure {
  return new Failure('E_ACCESS_DENIED', `${attempt}: there is a symbolic link in the way, and it is not followed`, {
    hint: 'put the folder itself there, or name the folder that the link means as the archive',
    cause,
  });
}

/** `ENOENT` and the like; undefined for anything that did not come from the operating system. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

import { messageOf } from './failure.ts';

const troubles: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  EEXIST: 'a file is in the way',
  ENOTDIR: 'a file is in the way',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'it is on a read-only file system',
};

/** What keeps a folder from being used or made, in one clause, by what the operating system said of it. */
export function folderTrouble(error: unknown): string {
  return troubles[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
}

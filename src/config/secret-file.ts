import { readFile } from 'node:fs/promises';
import { Failure, exitCodes, messageOf } from '../foundation/failure.ts';
import { Secret } from '../foundation/secret.ts';

/**
 * Reads a secret from its file; line ends at the end are not part of it.
 *
 * @param setting the setting that names the file, for sentences; or the option, which begins with dashes
 * @throws Failure E_SECRET_FILE (exit code 2) when the file cannot be read or is empty
 */
export async function readSecretFile(file: string, setting: string): Promise<Secret> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw refused(file, setting, stateOf(error));
  }
  const value = text.replace(/[\r\n]+$/, '');
  if (value === '') throw refused(file, setting, 'it is empty');
  return new Secret(value);
}

function stateOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return code === 'EISDIR' ? 'it is a folder' : messageOf(error);
}

function refused(file: string, setting: string, state: string): Failure {
  const kind = setting.startsWith('--') ? 'option' : 'setting';
  return new Failure('E_SECRET_FILE', `Cannot read the file ${file} of the ${kind} ${setting}: ${state}`, {
    exitCode: exitCodes.usage,
    hint: 'name a file that holds the secret and that this user may read',
  });
}

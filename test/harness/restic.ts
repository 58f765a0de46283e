import { programPath } from './parts.ts';
import { runProgram } from './run-program.ts';

/** Runs a command of the real restic against a repository, and resolves to what it wrote; rejects when it ends with another code than 0. */
export type Restic = (...words: readonly string[]) => Promise<string>;

export interface ResticPlace {
  /** As restic names it: a folder, or `s3:http://127.0.0.1:PORT/bucket/path`. */
  readonly repository: string;
  readonly password: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The restic binary of the pinned version; `ROOTCELLAR_TEST_RESTIC` names another one. */
export async function resticBinary(): Promise<string> {
  return process.env['ROOTCELLAR_TEST_RESTIC'] || programPath('restic');
}

export async function resticAt({ repository, password, environment }: ResticPlace): Promise<Restic> {
  const program = await resticBinary();
  return (...words) =>
    runProgram(program, ['--no-cache', '--quiet', ...words], {
      environment: { ...process.env, ...environment, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password },
    });
}

import { Failure } from '../foundation/failure.ts';
import type { ExecEnd } from './pod-exec.ts';

/** Why a program in the container did not do its part, by what it says; all of them say so in these words (GNU, busybox). */
export function commandFailed(attempt: string, command: readonly string[], place: string, { exitCode, errors, output }: ExecEnd): Failure {
  const words = lastLine(errors) ?? lastLine(output) ?? 'nothing';
  const said = `${command[0]} ended with exit code ${exitCode} and says "${words}"`;
  if (/no space left|disk quota exceeded/i.test(errors)) {
    return new Failure('E_KUBERNETES_DISK_FULL', `Cannot ${attempt}: no room is left in ${place}: ${said}`, { hint: moreRoom });
  }
  return new Failure('E_KUBERNETES_FOLDER', `Cannot ${attempt}: ${place} cannot be used: ${said}`, {
    hint: 'set kubernetes.folder to a folder of the container that its user and the server may write',
    facts: { exitCode },
  });
}

export const moreRoom = 'set kubernetes.folder to a larger volume of the container, or make room there';

/** The files of a folder are not those that they should be. */
export function filesDiffer(attempt: string, place: string, state: string): Failure {
  return new Failure('E_KUBERNETES_FILES', `Cannot ${attempt}: what came through from ${place} is not to be relied on: ${state}`, {
    hint: 'run the command again; if it stays so, compare the files in the pod by hand',
    retry: 'later',
  });
}

/** Something that was never written by a directory server, or is no part of a set. */
export function filesRefused(attempt: string, place: string, state: string): Failure {
  return new Failure('E_KUBERNETES_FILES', `Cannot ${attempt}: what ${place} holds is refused: ${state}`, {
    hint: 'look who else writes to that folder of the pod',
  });
}

/** The server wrote where this container has nothing. */
export function notInThisPod(attempt: string, location: string, folder: string): Failure {
  return new Failure(
    'E_KUBERNETES_WRONG_POD',
    `Cannot ${attempt}: the server says that it wrote it, and the ${location} has no ${folder}`,
    {
      hint: "let server.url be the address of this very pod (its own name under the headless service, not a service of several), and kubernetes.container the server's",
    },
  );
}

export function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '')
    ?.slice(0, 300);
}

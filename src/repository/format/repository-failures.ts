import { exitCodes, Failure } from '../../foundation/failure.ts';

/** Something stored is not what it must be. `what` names it for people: `index 12ab…`, `the config`. */
export function damaged(what: string, state: string, cause?: unknown): Failure {
  return new Failure('E_REPOSITORY_DAMAGED', `Cannot read ${what}: ${state}`, {
    cause,
    exitCode: exitCodes.verificationFailed,
    hint: 'run "rootcellar verify" to learn which snapshots suffer',
  });
}

/** The first digits of an ID, as people are shown them. */
export function shortened(id: string): string {
  return id.slice(0, 12);
}

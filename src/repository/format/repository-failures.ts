import { exitCodes, Failure, isFailure, messageOf } from '../../foundation/failure.ts';

export interface DamageFacts {
  readonly hint?: string;
  /** The key of the object that is damaged, where it is known. */
  readonly object?: string;
  /** The bytes are not those that were written, so nobody will ever read them; otherwise a newer program might. */
  readonly isAltered?: boolean;
}

/** Something stored is not what it must be. `what` names it for people: `index 12ab…`, `the config`. */
export function damaged(what: string, state: string, cause?: unknown, { hint, ...facts }: DamageFacts = {}): Failure {
  return new Failure('E_REPOSITORY_DAMAGED', `Cannot read ${what}: ${state}`, {
    cause,
    exitCode: exitCodes.verificationFailed,
    hint: hint ?? 'run "rootcellar verify" to learn which snapshots suffer',
    facts,
  });
}

export function isAltered(error: unknown): boolean {
  return isFailure(error) && error.facts['isAltered'] === true;
}

/** The state in a failure's sentence, for another one that names the object itself. */
export function stateOf(error: unknown): string {
  const message = messageOf(error);
  return isFailure(error) ? message.slice(message.indexOf(': ') + 2) : message;
}

/** Where a store finds by its own account that it no longer has the bytes it was given. */
export const storeChecksumDiffers = 'it does not have the checksum that the store keeps of it';

/** The first digits of an ID, as people are shown them. */
export function shortened(id: string): string {
  return id.slice(0, 12);
}

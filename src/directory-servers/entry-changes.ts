import type { ChangeRecord } from '../domain/change-record.ts';
import type { OperationContext } from '../foundation/progress.ts';

/** The words of the port `directory-server.ts` about single entries: searching them, changing them. */
export interface FindEntries {
  readonly baseDn: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** RFC 4515; every entry unless told. */
  readonly filter?: string | undefined;
}

/** Whether the server can be made to keep something as it is given; `how` names the control or setting, `because` is a clause. */
export type Ability = { readonly isKept: true; readonly how: string } | { readonly isKept: false; readonly because: string };

/** What can be put back as it was, beside what every client may write. */
export interface ChangeAbilities {
  /** Attributes that the schema keeps from clients (`NO-USER-MODIFICATION`): `entryUUID`, `createTimestamp`, `pwdChangedTime`. */
  readonly serverAttributes: { readonly add: Ability; readonly modify: Ability };
  /** Passwords in the form in which they are stored: `{SSHA}…`. */
  readonly storedPasswords: { readonly add: Ability; readonly modify: Ability };
  /** The largest request in bytes that the server takes, where it tells. */
  readonly maxRequestBytes: number | undefined;
}

export interface ApplyOptions extends OperationContext {
  /** Changes that are under way at the same time; 32 unless told. */
  readonly parallel?: number | undefined;
  readonly maxPerSecond?: number | undefined;
  /** Called once for each change, in the order in which the server answers; `index` counts over all waves, from 0. */
  readonly onOutcome?: ((outcome: ChangeOutcome, change: ChangeRecord, index: number) => void) | undefined;
}

export type ChangeOutcome = { readonly state: 'applied' } | { readonly state: 'refused'; readonly refusal: Refusal };

/**
 * `conflict`: the entry is not as the change takes it to be · `rights`: of the account · `schema`: what would be there is not allowed · `password`: a password as
 * it is stored is not taken · `busy`: also after some tries · `other`: read the words.
 */
export type RefusalKind = 'conflict' | 'rights' | 'schema' | 'password' | 'busy' | 'other';

export interface Refusal {
  readonly kind: RefusalKind;
  /** The name that RFC 4511 gives the result: `objectClassViolation`; a number where it gives none. */
  readonly result: string;
  /** In the server's words, without a period at the end. */
  readonly text: string;
  /** The attribute or class that it is about, where the words name one. */
  readonly attribute: string | undefined;
}

export interface ApplyReport {
  readonly applied: number;
  readonly refused: number;
}

import { attributesIn, type ChangeRecord, type NamedValues } from '../../domain/change-record.ts';
import { isStoredPassword } from '../../domain/stored-password.ts';
import { encodeBer } from '../ber.ts';
import type { RequestControl } from './change-messages.ts';

/** How a server is asked to keep what clients may not write. */
export interface ChangeRules {
  /** Whether the schema keeps an attribute from clients. */
  readonly isServers: (name: string) => boolean;
  /** PingDirectory's control for additions. */
  readonly ignoresNoUserModification: boolean;
  /** PingDirectory's control for passwords. */
  readonly takesPasswordBehaviour: boolean;
  /** OpenDJ's control for the repair of replicated data; only where nothing is replicated. */
  readonly repairs: boolean;
}

/** One request of a change. A check is answered with `noOperation` where the change would be done, and changes nothing. */
export interface ChangeRequest {
  readonly change: ChangeRecord;
  readonly controls: readonly RequestControl[];
  readonly isCheck: boolean;
}

export const oids = {
  manageDsaIt: '2.16.840.1.113730.3.4.2',
  noOperation: '1.3.6.1.4.1.4203.1.10.2',
  ignoreNoUserModification: '1.3.6.1.4.1.30221.2.5.5',
  passwordUpdateBehavior: '1.3.6.1.4.1.30221.2.5.51',
  replicationRepair: '1.3.6.1.4.1.26027.1.5.2',
} as const;

/** A referral entry is itself what is changed, not the place that it names (RFC 3296). Not critical, as every entry is changed so. */
const manageDsaIt: RequestControl = { oid: oids.manageDsaIt, isCritical: false };
const noOperation: RequestControl = { oid: oids.noOperation, isCritical: true };
const ignoreNoUserModification: RequestControl = { oid: oids.ignoreNoUserModification, isCritical: true };
/** Not critical: OpenDJ 5.0.3 refuses a critical one on a modification, and does as it says all the same when it is not. */
const replicationRepair: RequestControl = { oid: oids.replicationRepair, isCritical: false };

/**
 * PasswordUpdateBehaviorRequest: a stored password is taken as it is, whatever the policy demands of a new one: allowPreEncodedPassword [1],
 * skipPasswordValidation [2], ignorePasswordHistory [3], ignoreMinimumPasswordAge [4].
 */
const storedPassword: RequestControl = {
  oid: oids.passwordUpdateBehavior,
  isCritical: true,
  value: encodeBer(0x30, Buffer.concat([0x81, 0x82, 0x83, 0x84].map((tag) => encodeBer(tag, Buffer.from([0xff]))))),
};

/** The requests by which a change is made, one after the other; the last is the change itself, and none before it changes anything. */
export function requestsOf(change: ChangeRecord, rules: ChangeRules): readonly ChangeRequest[] {
  const ordinary = (controls: readonly RequestControl[]): ChangeRequest[] => [
    { change, controls: [manageDsaIt, ...controls], isCheck: false },
  ];
  if (change.kind !== 'add' && change.kind !== 'modify') return ordinary([]);
  const isServers = ({ name }: NamedValues): boolean => rules.isServers(name);
  const attributes = attributesIn(change);
  const hasServers = attributes.some(isServers);
  const hasPassword = attributes.some(isStoredPassword);
  if (rules.repairs && (hasServers || hasPassword)) {
    const checked = without(change, (attribute) => isServers(attribute) || isStoredPassword(attribute));
    const done: ChangeRequest = { change, controls: [manageDsaIt, replicationRepair], isCheck: false };
    return attributesIn(checked).length === 0 ? [done] : [{ change: checked, controls: [manageDsaIt, noOperation], isCheck: true }, done];
  }
  const controls: RequestControl[] = [];
  if (rules.ignoresNoUserModification && hasServers && change.kind === 'add') controls.push(ignoreNoUserModification);
  if (rules.takesPasswordBehaviour && hasPassword) controls.push(storedPassword);
  return ordinary(controls);
}

/** The same requests, by which the server is only asked whether it would do it. */
export function rehearsalOf(change: ChangeRecord, rules: ChangeRules): readonly ChangeRequest[] {
  return requestsOf(change, rules).map((request) =>
    request.isCheck ? request : { change, controls: [...request.controls, noOperation], isCheck: true },
  );
}

type AddOrModify = Extract<ChangeRecord, { kind: 'add' | 'modify' }>;

function without(change: AddOrModify, isLeftOut: (attribute: NamedValues) => boolean): AddOrModify {
  if (change.kind === 'add') return { ...change, attributes: change.attributes.filter((one) => !isLeftOut(one)) };
  return { ...change, changes: change.changes.filter((one) => !isLeftOut(one)) };
}

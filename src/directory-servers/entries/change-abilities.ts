import { Control } from 'ldapts';
import { isFailure } from '../../foundation/failure.ts';
import type { ReplicationState } from '../directory-server.ts';
import type { Ability, ChangeAbilities } from '../entry-changes.ts';
import type { LdapEntry, LdapSession, SearchRequest } from '../ldap-session.ts';
import type { ProductDialect } from '../product-dialect.ts';
import { readReplication } from '../read-replication.ts';
import { type ChangeRules, oids } from './change-rules.ts';
import { readServerSchema } from './read-schema.ts';

/** How this server is asked to keep things, and what comes of it. */
export interface ChangeMeans {
  readonly rules: ChangeRules;
  readonly abilities: ChangeAbilities;
}

/** Finds out by the controls that the server lists, its schema and, as far as the account may read it, its configuration. Changes nothing. */
export async function readChangeMeans(session: LdapSession, dialect: ProductDialect, signal?: AbortSignal): Promise<ChangeMeans> {
  const [root] = await session.search({ base: '', scope: 'base', attributes: ['supportedControl', 'namingContexts'] }, signal);
  const controls = new Set(root?.values('supportedControl') ?? []);
  const schema = await readServerSchema(session, signal);
  const replication = await readReplication(session, dialect, signal);
  const isPing = dialect.product === 'PingDirectory';
  const couldRepair = !isPing && controls.has(oids.replicationRepair) && replication.state === 'none';
  const isDenied = couldRepair && (await isRepairDenied(session, root?.values('namingContexts') ?? [], signal));
  const rules: ChangeRules = {
    isServers: (name) => schema.attribute(name)?.isUserModifiable === false,
    ignoresNoUserModification: isPing && controls.has(oids.ignoreNoUserModification),
    takesPasswordBehaviour: isPing && controls.has(oids.passwordUpdateBehavior),
    repairs: couldRepair && !isDenied,
  };
  const maxRequestBytes = await readMaxRequestBytes(session, signal);
  const abilities = isPing
    ? pingAbilities(rules)
    : await opendjAbilities(rules, isDenied ? deniedRepair : whyNotRepaired(replication), session, signal);
  return { rules, abilities: { ...abilities, maxRequestBytes } };
}

type Kept = Omit<ChangeAbilities, 'maxRequestBytes'>;

function pingAbilities({ ignoresNoUserModification, takesPasswordBehaviour }: ChangeRules): Kept {
  const passwords: Ability = takesPasswordBehaviour
    ? { isKept: true, how: `the password update behavior request control (${oids.passwordUpdateBehavior})` }
    : { isKept: false, because: `the server does not list the control ${oids.passwordUpdateBehavior}` };
  return {
    serverAttributes: {
      add: ignoresNoUserModification
        ? { isKept: true, how: `the ignore NO-USER-MODIFICATION request control (${oids.ignoreNoUserModification})` }
        : { isKept: false, because: `the server does not list the control ${oids.ignoreNoUserModification}` },
      modify: { isKept: false, because: "PingDirectory's control for them is only for entries that are added" },
    },
    storedPasswords: { add: passwords, modify: passwords },
  };
}

async function opendjAbilities(
  { repairs }: ChangeRules,
  whyNot: string,
  session: LdapSession,
  signal: AbortSignal | undefined,
): Promise<Kept> {
  if (repairs) {
    const kept: Ability = { isKept: true, how: `the replication repair control (${oids.replicationRepair}), as nothing is replicated` };
    return { serverAttributes: { add: kept, modify: kept }, storedPasswords: { add: kept, modify: kept } };
  }
  const lost: Ability = { isKept: false, because: whyNot };
  const passwords = await readPasswordAbility(session, signal);
  return { serverAttributes: { add: lost, modify: lost }, storedPasswords: { add: passwords, modify: passwords } };
}

const deniedRepair = `the account may not use the control ${oids.replicationRepair} (docs/guide/least-privilege-account.md shows how)`;

/** Critical, OpenDJ 5.0.3 refuses it on a modification in any case, and says first whether that is for want of rights. */
async function isRepairDenied(session: LdapSession, baseDns: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
  const controls = [oids.replicationRepair, oids.noOperation].map((oid) => new Control(oid, { critical: true }));
  for (const baseDn of baseDns) if (await session.isDeniedControl(baseDn, controls, signal)) return true;
  return false;
}

function whyNotRepaired(replication: ReplicationState): string {
  switch (replication.state) {
    case 'none':
      return `the server does not list the control ${oids.replicationRepair}`;
    case 'replicated':
      return 'OpenDJ takes them only by a control whose changes are not replicated, and this server is a replica';
    case 'unknown':
      return `OpenDJ takes them only by a control whose changes are not replicated, and ${replication.reason}`;
  }
}

/** Without the repair control OpenDJ takes a stored password where the password policy of its entry says so; which that is differs by entry. */
async function readPasswordAbility(session: LdapSession, signal: AbortSignal | undefined): Promise<Ability> {
  const attribute = 'ds-cfg-allow-pre-encoded-passwords';
  const base = 'cn=Password Policies,cn=config';
  const filter = '(objectClass=ds-cfg-password-policy)';
  const policies = await tolerantSearch(session, { base, scope: 'sub', filter, attributes: [attribute] }, signal);
  const refusing = policies.filter((policy) => policy.value(attribute)?.toLowerCase() !== 'true' && !/^cn=Root /i.test(policy.dn));
  if (policies.length === 0)
    return { isKept: false, because: `the account may not read ${base}, so it is not known whether stored passwords are taken` };
  const [first] = refusing;
  if (first === undefined) return { isKept: true, how: 'allow-pre-encoded-passwords of the password policies' };
  return { isKept: false, because: `allow-pre-encoded-passwords is not true in the password policy ${first.dn}` };
}

/** The least of all connection handlers, as the one in use is not told. */
async function readMaxRequestBytes(session: LdapSession, signal: AbortSignal | undefined): Promise<number | undefined> {
  const attribute = 'ds-cfg-max-request-size';
  const request = { base: 'cn=Connection Handlers,cn=config', scope: 'one', filter: `(${attribute}=*)`, attributes: [attribute] } as const;
  const sizes = (await tolerantSearch(session, request, signal)).flatMap((entry) => bytesOf(entry.value(attribute) ?? '') ?? []);
  return sizes.length === 0 ? undefined : Math.min(...sizes);
}

async function tolerantSearch(
  session: LdapSession,
  request: SearchRequest,
  signal: AbortSignal | undefined,
): Promise<readonly LdapEntry[]> {
  return session.search(request, signal).catch((error: unknown) => {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return [];
    throw error;
  });
}

/** `5 megabytes`, `5 mb`, `4 mebibytes`, `500 b`; undefined for what is written otherwise, and for 0, which is no limit. */
export function bytesOf(text: string): number | undefined {
  const [, number, unit = ''] = /^\s*(\d+)\s*(b|bytes?|[kmg]i?b|(?:kilo|mega|giga|kibi|mebi|gibi)bytes?)?\s*$/i.exec(text) ?? [];
  if (number === undefined || Number(number) === 0) return undefined;
  const isBinary = /^(?:[kmg]ib|kibi|mebi|gibi)/i.test(unit);
  const power = ' kmg'.indexOf((unit[0] ?? ' ').toLowerCase());
  return Number(number) * (isBinary ? 1024 : 1000) ** Math.max(0, power);
}

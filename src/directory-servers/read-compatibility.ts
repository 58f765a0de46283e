import { ResultCodeError } from 'ldapts';
import { isFailure } from '../foundation/failure.ts';
import {
  compatibilityOids,
  decodeDescriptor,
  decodeProblems,
  encodeDescriptorRequest,
  encodeProblemsRequest,
} from './backup-compatibility.ts';
import type { CompatibilityProblems } from './directory-server.ts';
import type { LdapSession } from './ldap-session.ts';

/** The descriptor of the backend with this base DN, in Base64; undefined where the server offers none, or not to this account. */
export async function readDescriptor(session: LdapSession, baseDn: string, signal?: AbortSignal): Promise<string | undefined> {
  if (!(await offers(session, compatibilityOids.getDescriptor, signal))) return undefined;
  const value = await ask(session, compatibilityOids.getDescriptor, encodeDescriptorRequest(baseDn), signal);
  return value && decodeDescriptor(value)?.toString('base64');
}

/** What the server has against a backup with the descriptor `source` for the backend with this base DN; undefined where it does not tell. */
export async function readProblems(
  session: LdapSession,
  { baseDn, source }: { readonly baseDn: string; readonly source: string },
  signal?: AbortSignal,
): Promise<CompatibilityProblems | undefined> {
  if (!(await offers(session, compatibilityOids.identifyProblems, signal))) return undefined;
  const target = await readDescriptor(session, baseDn, signal);
  if (target === undefined) return undefined;
  const request = encodeProblemsRequest(Buffer.from(source, 'base64'), Buffer.from(target, 'base64'));
  const value = await ask(session, compatibilityOids.identifyProblems, request, signal);
  return value && decodeProblems(value);
}

async function offers(session: LdapSession, oid: string, signal: AbortSignal | undefined): Promise<boolean> {
  const [root] = await session.search({ base: '', scope: 'base', attributes: ['supportedExtension'] }, signal);
  return root?.values('supportedExtension').includes(oid) ?? false;
}

/** A server that does not answer this is no reason to hold back a backup: its restore task checks the same again. */
async function ask(session: LdapSession, oid: string, value: Buffer, signal: AbortSignal | undefined): Promise<Buffer | undefined> {
  try {
    return await session.extended(oid, value, signal);
  } catch (error) {
    if (error instanceof ResultCodeError || isFailure(error, 'E_PRIVILEGE_MISSING')) return undefined;
    throw error;
  }
}

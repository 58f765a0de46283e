import { Schema } from '../../domain/schema/schema.ts';
import { Failure } from '../../foundation/failure.ts';
import type { LdapSession } from '../ldap-session.ts';

/**
 * The schema that the server tells (RFC 4512, 4.4).
 *
 * @throws Failure E_PRIVILEGE_MISSING where the account may not see it
 */
export async function readServerSchema(session: LdapSession, signal?: AbortSignal): Promise<Schema> {
  const [root] = await session.search({ base: '', scope: 'base', attributes: ['subschemaSubentry'] }, signal);
  const base = root?.value('subschemaSubentry') ?? 'cn=schema';
  const filter = '(objectClass=subschema)';
  const [told] = await session.search({ base, scope: 'base', filter, attributes: ['attributeTypes', 'objectClasses'] }, signal);
  const attributeTypes = told?.values('attributeTypes') ?? [];
  if (attributeTypes.length === 0) {
    throw new Failure('E_PRIVILEGE_MISSING', `Cannot read the schema of ${session.url}: the server shows no attribute types at ${base}`, {
      hint: `let the account read attributeTypes and objectClasses of ${base}`,
    });
  }
  return new Schema(attributeTypes, told?.values('objectClasses') ?? []);
}

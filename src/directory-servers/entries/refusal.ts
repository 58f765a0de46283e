import type { Refusal, RefusalKind } from '../entry-changes.ts';

/** What the server answered to one request. */
export interface LdapResult {
  readonly code: number;
  readonly text: string;
}

/** Result codes of RFC 4511 that an answer to a change may have, and what kind of refusal each is. */
const results: Readonly<Record<number, readonly [string, RefusalKind]>> = {
  1: ['operationsError', 'other'],
  2: ['protocolError', 'other'],
  10: ['referral', 'other'],
  11: ['adminLimitExceeded', 'other'],
  12: ['unavailableCriticalExtension', 'other'],
  16: ['noSuchAttribute', 'conflict'],
  17: ['undefinedAttributeType', 'schema'],
  18: ['inappropriateMatching', 'schema'],
  19: ['constraintViolation', 'schema'],
  20: ['attributeOrValueExists', 'conflict'],
  21: ['invalidAttributeSyntax', 'schema'],
  32: ['noSuchObject', 'conflict'],
  34: ['invalidDNSyntax', 'schema'],
  50: ['insufficientAccessRights', 'rights'],
  51: ['busy', 'busy'],
  52: ['unavailable', 'busy'],
  53: ['unwillingToPerform', 'other'],
  64: ['namingViolation', 'schema'],
  65: ['objectClassViolation', 'schema'],
  66: ['notAllowedOnNonLeaf', 'conflict'],
  67: ['notAllowedOnRDN', 'schema'],
  68: ['entryAlreadyExists', 'conflict'],
  69: ['objectClassModsProhibited', 'schema'],
  71: ['affectsMultipleDSAs', 'other'],
  80: ['other', 'other'],
};

/** Reads an answer that is none of success. */
export function refusalOf({ code, text }: LdapResult): Refusal {
  const [result, kind] = results[code] ?? [String(code), 'other'];
  const words = text.trim().replace(/\.$/, '');
  return { kind: kindByWords(kind, words), result, text: words, attribute: attributeIn(words) };
}

/** OpenDJ 5.0.3 refuses a stored password with constraintViolation, and an attribute of its own with unwillingToPerform on an add. */
function kindByWords(kind: RefusalKind, words: string): RefusalKind {
  if (/pre-encoded/i.test(words)) return 'password';
  if (/NO-USER-MODIFICATION/i.test(words)) return 'schema';
  return kind;
}

/** As OpenDJ 5.0.3 words it (tried); PingDirectory's messages are of the same descent. */
function attributeIn(words: string): string | undefined {
  const [, name] = /\b(?:attributes?|object ?class(?:es)?) "?([A-Za-z][\w.;-]*)"?(?=[\s,:.]|$)/i.exec(withoutFillers(words)) ?? [];
  return name;
}

function withoutFillers(words: string): string {
  return words.replaceAll(/\battribute (?:which|is|that|type|with)\b|\bobjectclasses defined\b/gi, '');
}

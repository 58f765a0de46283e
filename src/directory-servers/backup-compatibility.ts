import { type BerElement, decodeBer, encodeBer } from './ber.ts';
import type { CompatibilityProblems } from './directory-server.ts';

/**
 * PingDirectory's two extended operations on whether a backup fits a server. Their encodings are those of the vendor's LDAP SDK:
 * com.unboundid.ldap.sdk.unboundidds.extensions, GetBackupCompatibilityDescriptorExtendedRequest and
 * IdentifyBackupCompatibilityProblemsExtendedRequest with their results.
 */
export const compatibilityOids = {
  getDescriptor: '1.3.6.1.4.1.30221.2.6.30',
  identifyProblems: '1.3.6.1.4.1.30221.2.6.32',
} as const;

const sequence = 0x30;

/** SEQUENCE { baseDN [0] OCTET STRING } */
export function encodeDescriptorRequest(baseDn: string): Buffer {
  return encodeBer(sequence, encodeBer(0x80, Buffer.from(baseDn)));
}

/** SEQUENCE { descriptor [0] OCTET STRING, properties [1] … OPTIONAL }; undefined where it is not that. */
export function decodeDescriptor(value: Buffer): Buffer | undefined {
  return partsOf(value)?.find(({ tag }) => tag === 0x80)?.content;
}

/** SEQUENCE { sourceDescriptor [0] OCTET STRING, targetDescriptor [1] OCTET STRING } */
export function encodeProblemsRequest(source: Buffer, target: Buffer): Buffer {
  return encodeBer(sequence, Buffer.concat([encodeBer(0x80, source), encodeBer(0x81, target)]));
}

/** SEQUENCE { errorMessages [0] SEQUENCE OF OCTET STRING OPTIONAL, warningMessages [1] the same }; undefined where it is not that. */
export function decodeProblems(value: Buffer): CompatibilityProblems | undefined {
  const parts = partsOf(value);
  if (parts === undefined) return undefined;
  const texts = (tag: number): readonly string[] =>
    parts.filter((part) => part.tag === tag).flatMap((part) => decodeBer(part.content).elements.map(({ content }) => content.toString()));
  return { errors: texts(0xa0), warnings: texts(0xa1) };
}

function partsOf(value: Buffer): readonly BerElement[] | undefined {
  const { elements, rest } = decodeBer(value);
  const [whole] = elements;
  if (whole?.tag !== sequence || elements.length !== 1 || rest !== 0) return undefined;
  const inner = decodeBer(whole.content);
  return inner.rest === 0 ? inner.elements : undefined;
}

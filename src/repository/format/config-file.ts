import { decodeJsonObject, encodeGoJson } from './go-json.ts';
import { isId, type Id } from './hex-id.ts';
import { degreeOf, isIrreducible, type Polynomial } from './polynomial.ts';
import { damaged } from './repository-failures.ts';
import { Failure } from '../../foundation/failure.ts';
import { cuttingKeyBytes } from '../sealing/gear-table.ts';

export const configKey = 'config';

export interface RepositoryConfig {
  readonly version: 1 | 2;
  readonly id: Id;
  readonly chunkerPolynomial: Polynomial;
  /**
   * The cutting key, where it is another repository's, so that both cut files in the same places; otherwise it follows from the keys and the ID. In the field
   * `rootcellar`, which restic passes over.
   */
  readonly cutting?: Uint8Array | undefined;
}

export function encodeConfig({ version, id, chunkerPolynomial, cutting }: RepositoryConfig): Buffer {
  const rootcellar = cutting && { cutting };
  return Buffer.from(`${encodeGoJson({ version, id, chunker_polynomial: chunkerPolynomial.toString(16), rootcellar })}\n`);
}

/** @throws Failure E_REPOSITORY_VERSION for a version that we do not know, E_REPOSITORY_DAMAGED for what is no config */
export function decodeConfig(bytes: Uint8Array): RepositoryConfig {
  const fields = decodeJsonObject(Buffer.from(bytes).toString('utf8'));
  if (fields === undefined) throw damaged('the config of the repository', 'it is not JSON');
  const { version, id, chunker_polynomial: polynomial } = fields;
  if (version !== 1 && version !== 2) {
    throw new Failure('E_REPOSITORY_VERSION', `Cannot open the repository: it is of version ${String(version)}`, {
      hint: 'this program knows versions 1 and 2; use a newer one',
    });
  }
  if (typeof id !== 'string' || !isId(id)) throw damaged('the config of the repository', 'it has no ID');
  if (typeof polynomial !== 'string' || !/^[0-9a-f]{1,16}$/.test(polynomial)) {
    throw damaged('the config of the repository', 'it has no polynomial');
  }
  const chunkerPolynomial = BigInt(`0x${polynomial}`);
  if (degreeOf(chunkerPolynomial) < 1 || !isIrreducible(chunkerPolynomial)) {
    throw damaged('the config of the repository', 'its polynomial is reducible');
  }
  return { version, id, chunkerPolynomial, cutting: cuttingOf(fields['rootcellar']) };
}

/** Undefined where there is none, or one of a form that we do not know: files are then cut anew, and nothing is lost. */
function cuttingOf(field: unknown): Uint8Array | undefined {
  const { cutting } = (field ?? {}) as Record<string, unknown>;
  const bytes = Buffer.from(typeof cutting === 'string' ? cutting : '', 'base64');
  return bytes.length === cuttingKeyBytes ? bytes : undefined;
}

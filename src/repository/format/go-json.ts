const escaped = /[<>&\u2028\u2029]/g;

/**
 * JSON as Go's `encoding/json` writes it: what restic hashes. Fields that are undefined are left out, bytes become base64,
 * integers above 2^53 come as bigint.
 */
export function encodeGoJson(value: unknown): string {
  if (typeof value === 'string') return encodeText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"`;
  if (Array.isArray(value)) return `[${value.map(encodeGoJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${encodeText(name)}:${encodeGoJson(field)}`).join(',')}}`;
}

// Go writes \b and \f short since 1.22, as JavaScript does; unpaired surrogates cannot come from its strings.
function encodeText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(escaped, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Reads a JSON object. Integers that a double cannot hold are read as text, so that none is silently another number. */
export function decodeJsonObject(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    // To look at each value makes it several times as slow, and there is hardly ever such an integer.
    value = JSON.parse(text, perhapsLargeInteger.test(text) ? exactIntegers : undefined);
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

const perhapsLargeInteger = /[:[,]\s*-?\d{16}/;

function exactIntegers(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

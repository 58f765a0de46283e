import { parseDocument } from 'yaml';

/** A value of the chart with what stands above it in `values.yaml`. */
export interface DescribedValue {
  /** With dots: `image.tag`. */
  readonly key: string;
  readonly description: string;
  /** As JSON; undefined for a group whose own values are described. */
  readonly standard: string | undefined;
}

/**
 * Reads `values.yaml`: a comment that begins with `# --` describes the key below it.
 *
 * @throws Error for a value that is no group and has no description
 */
export function describedValues(text: string): readonly DescribedValue[] {
  const values: unknown = parseDocument(text).toJS();
  const found: DescribedValue[] = [];
  const parents: string[] = [];
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const [, indent = '', , words] = /^( *)(- )?# ?(.*)$/.exec(line) ?? [];
    if (words !== undefined) {
      comment = words.startsWith('-- ') ? [words.slice(3)] : [...comment, words];
      continue;
    }
    const [, depth = '', dash, name] = /^( *)(- )?'?([A-Za-z_]+)'?:/.exec(line) ?? [];
    if (name === undefined || dash !== undefined || indent !== '') continue;
    parents.length = depth.length / 2;
    parents.push(name);
    const key = parents.join('.');
    const value = valueAt(values, parents);
    if (value === undefined) continue;
    const isGroup = isObject(value) && Object.keys(value).length > 0;
    if (comment.length > 0) found.push({ key, description: comment.join(' '), standard: isGroup ? undefined : JSON.stringify(value) });
    else if (!isGroup) throw new Error(`chart/values.yaml: ${key} has no description`);
    comment = [];
  }
  return found;
}

function valueAt(values: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), values);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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
  return keysOf(text).flatMap(({ keys, comment }) => {
    const key = keys.join('.');
    const value = valueAt(values, keys);
    const isGroup = isObject(value) && Object.keys(value).length > 0;
    if (comment === '' && !isGroup && value !== undefined) throw new Error(`chart/values.yaml: ${key} has no description`);
    return comment === '' ? [] : [{ key, description: comment, standard: isGroup ? undefined : JSON.stringify(value) }];
  });
}

interface CommentedKey {
  readonly keys: readonly string[];
  readonly comment: string;
}

/** Every key with those above it, by the depth of its line, and the comment right before it; what is in lists is none. */
function keysOf(text: string): readonly CommentedKey[] {
  const found: CommentedKey[] = [];
  let keys: string[] = [];
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const words = /^ *(?:- )?# ?(.*)$/.exec(line)?.[1];
    if (words !== undefined) {
      comment = words.startsWith('-- ') ? [words.slice(3)] : [...comment, words];
      continue;
    }
    const [, depth = '', name] = /^( *)'?([A-Za-z_]+)'?:/.exec(line) ?? [];
    if (name === undefined) continue;
    keys = [...keys.slice(0, depth.length / 2), name];
    found.push({ keys, comment: comment.join(' ') });
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

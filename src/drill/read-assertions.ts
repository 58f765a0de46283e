import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { messageOf, wrongUsage } from '../foundation/failure.ts';
import { assertionsSchema, type Assertion } from './assertions.ts';

const hint = 'docs/guide/drills.md shows how such a file is written';

/**
 * Reads a file of assertions: YAML, of which JSON is a part.
 *
 * @throws Failure E_USAGE (exit code 2) that names the line and the item that is wrong
 */
export async function readAssertions(file: string): Promise<readonly Assertion[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw wrongUsage(`Cannot read the assertions ${file}: ${messageOf(error)}`, 'name a file that this user may read');
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [wrong] = document.errors;
  if (wrong !== undefined) throw refused(`${file}:${lines.linePos(wrong.pos[0]).line}`, firstLine(wrong.message));
  const content: unknown = document.toJS({ maxAliasCount: 0 });
  const parsed = assertionsSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = (issue?.path ?? []).map(String);
  throw refused(`${file}:${lineOf(document, lines, place)}`, `${placeText(place)} ${issueText(issue)}`);
}

function refused(place: string, state: string): Error {
  return wrongUsage(`Cannot use the assertions ${place}: ${state}`, hint);
}

/** The line of the value at the path, or of what is nearest around it. */
function lineOf(document: Document, lines: LineCounter, place: readonly string[]): number {
  for (let length = place.length; length >= 0; length -= 1) {
    const path = place.slice(0, length).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
    const range = node !== null && typeof node === 'object' && 'range' in node ? node.range : undefined;
    if (Array.isArray(range) && typeof range[0] === 'number') return lines.linePos(range[0]).line;
  }
  return 1;
}

/** `expect.count of item 2`. */
function placeText([item, ...keys]: readonly string[]): string {
  if (item === undefined) return 'the file';
  const names = keys.join('.');
  return names === '' ? `item ${Number(item) + 1}` : `${names} of item ${Number(item) + 1}`;
}

interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly keys?: readonly string[];
}

function issueText(issue: Issue | undefined): string {
  if (issue === undefined) return 'is wrong';
  if (issue.code === 'unrecognized_keys') return `has ${(issue.keys ?? []).map((key) => `"${key}"`).join(', ')}, which means nothing here`;
  if (issue.code === 'custom' || issue.code === 'invalid_format') return issue.message;
  return `is wrong: ${firstLine(issue.message).replace(/^Invalid input: /, '')}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { allCommands } from '../src/cli/all-commands.ts';
import { lookFor } from '../src/cli/look.ts';
import { parseCommandLine } from '../src/cli/parse-command-line.ts';
import { readRunbooks } from '../src/cli/read-runbooks.ts';
import { blocksOf, explanationOf, runbookIndex } from '../src/cli/runbooks.ts';

const root = path.join(import.meta.dirname, '..');
const sections = await readRunbooks();
const named = (title: string): boolean => sections.some((section) => section.title === title);

async function sources(): Promise<string> {
  const names = await readdir(path.join(root, 'src'), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return (await Promise.all(files.map((name) => readFile(path.join(root, 'src', name), 'utf8')))).join('\n');
}
const source = await sources();

test('docs/runbooks has a section for each failure code of src, and none for a code that is gone (its README.md says how one looks)', () => {
  const codes = new Set([...source.matchAll(/'(E_[A-Z_]+)'/g)].map(([, code = '']) => code));
  const pages = sections.filter(({ isCode }) => isCode).map(({ title }) => title);

  assert.ok(codes.size > 80);
  assert.deepEqual(pages.toSorted(), [...codes].toSorted());
});

test('docs/runbooks/README.md is in step with the pages (run "node tools/generate-reference.ts" after a change)', async () => {
  assert.equal(await readFile(path.join(root, 'docs/runbooks/README.md'), 'utf8'), runbookIndex(sections));
});

for (const { page, title, sentence, steps, asFor, saysWhenOver, text } of sections) {
  test(`${page} says of ${title} what is seen, what to do in one to five steps, and when it is over`, () => {
    assert.notEqual(sentence, '');
    if (asFor === undefined) {
      assert.ok(steps >= 1 && steps <= 5, `${steps} steps`);
      assert.ok(saysWhenOver);
    } else {
      assert.ok(named(asFor), asFor);
      assert.equal(steps, 0);
    }
    assert.ok(text.split('\n').length <= 60, 'it is too long for the night');
  });
}

/** Four words in a row of the sentence, or all of a shorter one, must be in a sentence of src: what differs parts it there as here. */
for (const { page, title, sentence, isCode } of sections) {
  if (!isCode) continue;
  test(`${page} quotes the sentence of ${title} as src has it`, () => {
    const pieces = sentence.split(/"?\b[A-Z][A-Z-]+\b"?|\b[A-Z]\b|[()]|: /).map((piece) => piece.trim().split(/\s+/));
    const longest = pieces.toSorted((a, b) => b.length - a.length)[0] ?? [];
    const length = Math.min(4, longest.length);
    const runs = longest.map((_, at) => longest.slice(at, at + length).join(' ')).slice(0, longest.length - length + 1);
    const flat = source.replaceAll("\\'", "'");

    assert.ok(
      runs.some((run) => run.length > 5 && flat.includes(run)),
      `"${longest.join(' ')}" is in no sentence of src`,
    );
  });
}

test('every link of docs/runbooks leads somewhere', () => {
  for (const { page, text } of sections) {
    for (const [, target = page, anchor = ''] of text.matchAll(/\]\(([\w-]+\.md)?#([\w-]+)\)/g)) {
      assert.ok(
        sections.some((section) => section.page === target && section.title.toLowerCase().replaceAll(' ', '-') === anchor),
        `${page}: ${target}#${anchor}`,
      );
    }
  }
});

/** Programs that are not ours, which a page may name; what they are given is not checked but for the shell's own grammar. */
const others = [
  'ls',
  'df',
  'rm',
  'mv',
  'env',
  'head',
  'date',
  'export',
  'unset',
  'openssl',
  'aws',
  'kubectl',
  'dsconfig',
  'java',
  'free',
  'dsreplication',
  '"$ROOTCELLAR_SERVER_HOME/bin/encryption-settings"',
];

test('every command in docs/runbooks is one of ours by its words, or of a program that is known', async () => {
  const pages = (await readdir(path.join(root, 'docs/runbooks'))).filter((name) => name.endsWith('.md') && name !== 'README.md');
  const texts = await Promise.all(
    pages.map(async (name) => [name, await readFile(path.join(root, 'docs/runbooks', name), 'utf8')] as const),
  );
  for (const [page, text] of texts) {
    assert.equal(text.match(/```/g)?.length, 2 * blocksOf(text).length, `${page}: a block is not fenced as sh, or not closed`);
    for (const line of blocksOf(text).flatMap(({ lines }) => lines)) {
      const grammar = spawnSync('bash', ['-n', '-c', line], { encoding: 'utf8' });
      assert.equal(grammar.status, 0, `${page}: ${line}\n${grammar.stderr}`);
      const [program = '', ...words] = line.split(' ').map((word) => word.replaceAll(/^"|"$/g, ''));
      if (program === 'rootcellar') parseCommandLine(words, allCommands, lookFor(false, {}));
      else assert.ok(others.includes(line.split(' ')[0] ?? ''), `${page}: ${line}`);
    }
  }
});

test('explanationOf() shows the section, and the one that it refers to, without Markdown', () => {
  const text = explanationOf('E_REGION_WRONG', sections) ?? '';

  assert.match(text, /^E_REGION_WRONG\n\n> Cannot STEP: the bucket "NAME" is in another region/);
  assert.match(text, /\n\nE_REGION_MISSING\n/);
  assert.match(text, /^ +\$ export AWS_REGION="\$BUCKET_REGION"$/m);
  assert.doesNotMatch(text, /```|\]\(|run=/);
  assert.equal(explanationOf('E_NOTHING', sections), undefined);
});

import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { allCommands } from '../src/cli/all-commands.ts';
import { runRootcellar } from './harness/rootcellar.ts';
import { temporaryFolder } from './harness/temporary-folder.ts';

const root = path.join(import.meta.dirname, '..');
const readme = await readFile(path.join(root, 'README.md'), 'utf8');

suite('README.md', () => {
  test('links only to what is there', async () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link);

    assert.ok(links.length >= 5);
    for (const link of links) await access(path.join(root, link));
  });

  test('names only commands that the program has', () => {
    const names = new Set(allCommands.map(({ name }) => name.split(' ')[0]));
    const used = [...readme.matchAll(/(?:\$ |npx |`)rootcellar ([a-z]+)/g)].map(([, name = '']) => name);

    assert.ok(used.length >= 10);
    assert.deepEqual(
      used.filter((name) => !names.has(name)),
      [],
    );
  });

  test('has the exit codes of the reference', async () => {
    const reference = await readFile(path.join(root, 'docs/reference/exit-codes.md'), 'utf8');
    const rows = (text: string): string[] => (text.match(/^\| \d+ +\| .* \|$/gm) ?? []).map((row) => row.replaceAll(/ +/g, ' '));

    assert.deepEqual(rows(readme), rows(reference));
    assert.equal(rows(readme).length, 9);
  });

  test('names only variables that the program reads', async () => {
    const variables = Object.fromEntries([...readme.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

    const shown = await runRootcellar(['config', 'show', '--set', '--json'], { env: variables });

    assert.equal(shown.exitCode, 0, shown.stderr);
    for (const name of Object.keys(variables)) assert.ok(shown.stdout.includes(name), `${name} is in force`);
    assert.ok(Object.keys(variables).length >= 5);
  });
});

test('examples/rootcellar.yaml is read, with every line of it in force', async () => {
  const file = path.join(root, 'examples/rootcellar.yaml');
  const text = await readFile(file, 'utf8');

  await using folder = await temporaryFolder();
  const wholeFile = path.join(folder.path, 'whole.yaml');
  // What is commented out must be right as well.
  await writeFile(wholeFile, text.replaceAll(/^( +)# (\w+: \S+)$/gm, '$1$2'));

  const shown = await runRootcellar(['--config', file, 'config', 'show', '--set']);
  const whole = await runRootcellar(['--config', wholeFile, 'config', 'show', '--set']);

  assert.equal(shown.exitCode, 0, shown.stderr);
  assert.equal(shown.stdout.match(/rootcellar\.yaml:\d+/g)?.length, text.match(/^ *\w+: \S+$/gm)?.length);
  assert.equal(whole.exitCode, 0, whole.stderr);
  assert.match(whole.stdout, /^s3\.endpoint +https:/m);
  assert.match(whole.stdout, /^staging\.serverFolder +\//m);
});

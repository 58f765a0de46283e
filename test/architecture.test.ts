import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { type RoomRule, mayImport, roomFreeFiles, webMayImport } from './room-table.ts';

const root = path.resolve(import.meta.dirname, '..');

/** Everything an import, a re-export or a dynamic import can name in this code. */
const specifier = /^\s*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

async function sourcesIn(pattern: string): Promise<{ file: string; text: string }[]> {
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: root })) if (!file.endsWith('.test.ts')) files.push(file);
  return Promise.all(files.sort().map(async (file) => ({ file, text: await readFile(path.join(root, file), 'utf8') })));
}

/** What `specifierText` in `file` names, the way the table names it. */
function targetOf(file: string, specifierText: string): string {
  if (specifierText.startsWith('.')) return path.posix.join(path.posix.dirname(file), specifierText).replace(/^src\//, '');
  if (specifierText.startsWith('node:')) return specifierText;
  return `npm:${specifierText}`;
}

function isAllowed(room: string, rule: RoomRule, target: string): boolean {
  if (target.startsWith(`${room}/`)) return true;
  // `node:fs` stands for `node:fs/promises` too, `npm:@aws-sdk/*` for all of that scope, a room for its files.
  return rule.some(
    (allowed) =>
      target === allowed || target.startsWith(`${allowed}/`) || (allowed.endsWith('/*') && target.startsWith(allowed.slice(0, -1))),
  );
}

function wrongImports(file: string, text: string): string[] {
  const [, room = ''] = file.split('/');
  const rule = mayImport[room];
  if (rule === undefined) return [`${file}: the room "${room}" is not in the table`];
  const targets = [...text.matchAll(specifier)].map(([, from, dynamic]) => targetOf(file, from ?? dynamic ?? ''));
  return targets.filter((target) => !isAllowed(room, rule, target)).map((target) => `${file} → ${target}`);
}

/** What a file of the console in the browser imports, and may not. */
function wrongWebImports(file: string, text: string): string[] {
  return [...text.matchAll(specifier)].flatMap(([line, from, dynamic]) => {
    const target = targetOf(file, from ?? dynamic ?? '');
    const isType = /^\s*(?:import|export)\s+type\b/.test(line);
    const rule = isType ? [...webMayImport.values, ...webMayImport.types] : webMayImport.values;
    return target.startsWith('web/src/') || isAllowed('web', rule, target) ? [] : [`${file} → ${target}`];
  });
}

suite('rooms', () => {
  test('import only what the room table allows', async () => {
    const wrong = (await sourcesIn('src/*/**/*.ts')).flatMap(({ file, text }) => wrongImports(file, text));

    assert.deepEqual(wrong, []);
  });

  test('the console in the browser imports only what it may, and of the documents it reads the types alone', async () => {
    const sources = await sourcesIn('web/src/**/*.{ts,tsx}');
    assert.ok(sources.length > 20);
    assert.deepEqual(
      sources.flatMap(({ file, text }) => wrongWebImports(file, text)),
      [],
    );
  });

  test('wrongWebImports() finds a planted leak, and a type that is imported as a value', () => {
    const leaks = [
      "import { readFile } from 'node:fs/promises';",
      "import { runRecordSchema } from '../../src/domain/run-record.ts';",
      "import type { Archive } from '../../src/archive/archive.ts';",
      "const z = await import('zod');",
    ];
    assert.deepEqual(
      leaks.map((leak) => wrongWebImports('web/src/planted.ts', leak).length),
      [1, 1, 1, 1],
    );
    assert.deepEqual(wrongWebImports('web/src/planted.ts', "import type { RunRecord } from '../../src/domain/run-record.ts';"), []);
  });

  test('are all there is in src, besides the files that wire them together', async () => {
    const loose = (await sourcesIn('src/*.ts')).map(({ file }) => path.basename(file));

    assert.deepEqual(
      loose.filter((file) => !roomFreeFiles.includes(file)),
      [],
    );
  });

  test('wrongImports() finds a planted leak in each form of import', () => {
    const leaks = [
      "import { x } from '../cli/main.ts';",
      "import '../config/schema.ts';",
      "export { y } from 'node:fs/promises';",
      "import type { Client } from 'ldapts';",
      "const z = await import('node:net');",
      "import {\n  many,\n  lines,\n} from '../backup/backup.ts';",
    ];

    const found = leaks.map((leak) => wrongImports('src/foundation/planted.ts', leak).length);

    assert.deepEqual(
      found,
      leaks.map(() => 1),
    );
  });
});

test('the time is asked only where the program is put together', async () => {
  const askers = (await sourcesIn('src/**/*.ts')).filter(
    ({ file, text }) => /\bnew Date\(\s*\)/.test(text) && !/^src\/(compose\.ts|cli\/)/.test(file),
  );

  assert.deepEqual(
    askers.map(({ file }) => file),
    [],
  );
});

test('lint is switched off only with a reason', async () => {
  const sources = [...(await sourcesIn('src/**/*.ts')), ...(await sourcesIn('test/**/*.ts')), ...(await sourcesIn('tools/**/*.ts'))];
  const bare = sources.flatMap(({ file, text }) =>
    text
      .split('\n')
      .filter(
        (line) =>
          /(?:oxlint|eslint)-disable|@ts-(?:ignore|nocheck|expect-error)/.test(line) &&
          !/ -- \S/.test(line) &&
          file !== 'test/architecture.test.ts',
      )
      .map((line) => `${file}: ${line.trim()}`),
  );

  assert.deepEqual(bare, []);
});

test('no committed file names a path of a machine or the host of a package registry', async () => {
  const committed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  // Put together, so that this file does not find itself.
  const machinePath = new RegExp(`(?:^|["'\`\\s=(:])/(?:${['work', 'root', 'Users', 'home/[a-z]+'].join('|')})/`);
  const registryHost = new RegExp(
    ['registry\\.npm', 'js\\.org|repo1?\\.maven', '\\.org|proxy\\.golang', '\\.org|npm', 'mirror|jf', 'rog\\.|arti', 'factory'].join(''),
    'i',
  );
  const wrong: string[] = [];

  for (const file of committed) {
    const text = await readFile(path.join(root, file), 'utf8').catch(() => '');
    for (const [index, line] of text.split('\n').entries())
      if (machinePath.test(line) || registryHost.test(line)) wrong.push(`${file}:${index + 1}`);
  }

  assert.ok(committed.length > 0);
  assert.deepEqual(wrong, []);
});

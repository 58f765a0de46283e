import { glob, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export const root = path.resolve(import.meta.dirname, '..');

/** Where tests lie; a lane needs a slow real part and runs only when asked for. */
export const testFolders = {
  unit: ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/*.test.ts', 'test/harness/*.test.ts', 'test/fuzz/*.test.ts'],
  withServers: ['test/integration/**/*.test.ts', 'test/model/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/browser/**/*.test.ts'],
  lane: (name: string) => [`test/lanes/${name}/**/*.test.ts`],
} as const;

/** The test files of these globs, sorted, as absolute paths; all patterns must be part of the path. */
export async function findTests(globs: readonly string[], patterns: readonly string[] = []): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(globs, { cwd: root }))
    if (patterns.every((pattern) => file.includes(pattern))) files.push(path.join(root, file));
  return files.sort();
}

export interface TestRun {
  readonly passed: number;
  readonly failed: number;
  /** Skipped or to do: with us a defect. */
  readonly notRun: number;
  readonly rooms: ReadonlyMap<string, RoomCoverage>;
  /** How long each file took. */
  readonly milliseconds: ReadonlyMap<string, number>;
}

export interface RoomCoverage {
  readonly lines: number;
  readonly covered: number;
}

export interface TestRunOptions {
  readonly files: readonly string[];
  /** Files at a time. */
  readonly concurrency: number;
  readonly withCoverage?: boolean;
  /** Of a file. */
  readonly timeoutMilliseconds?: number;
}

/** Characters of a file that failed. */
const mostOfErrorOutput = 8000;
const slowMilliseconds = 10_000;

/** Runs the files, each in a process of its own, and shows each test on standard output as it ends. */
export async function runTests({
  files,
  concurrency,
  withCoverage = false,
  timeoutMilliseconds = 1_200_000,
}: TestRunOptions): Promise<TestRun> {
  let passed = 0;
  let failed = 0;
  let notRun = 0;
  const rooms = new Map<string, RoomCoverage>();
  const covered = new Set<string>();
  const milliseconds = new Map<string, number>();
  if (files.length === 0) return { passed, failed, notRun, rooms, milliseconds };
  // What was compiled for coverage tells of more lines.
  if (!withCoverage) process.env['NODE_COMPILE_CACHE'] ??= path.join(root, 'node_modules/.cache/rootcellar');
  const stream = run({
    files,
    cwd: root,
    concurrency,
    timeout: timeoutMilliseconds,
    coverage: withCoverage,
    coverageIncludeGlobs: ['src/**/*.ts'],
    coverageExcludeGlobs: ['**/*.test.ts'],
  });
  const errorOutput = new Map<string, string>();
  stream.on('test:stderr', ({ file, message }) =>
    errorOutput.set(file, `${errorOutput.get(file) ?? ''}${message}`.slice(-mostOfErrorOutput)),
  );
  const failedFiles = new Set<string>();
  stream.on('test:summary', ({ file, success, counts, duration_ms: taken }) => {
    if (file !== undefined) milliseconds.set(path.relative(root, file), taken);
    if (file !== undefined && !success) failedFiles.add(file);
    if (file !== undefined) return;
    passed = counts.passed;
    failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    notRun = counts.skipped + counts.todo;
  });
  stream.on('test:coverage', ({ summary }) => {
    for (const { path: file, totalLineCount, coveredLineCount } of summary.files) {
      covered.add(file);
      addCoverage(rooms, file, totalLineCount, coveredLineCount);
    }
  });
  const report = stream.filter((event: { readonly type: string }) => event.type !== 'test:coverage').compose(spec);
  for await (const piece of report) process.stdout.write(String(piece));
  // Of a long run often only the end is kept.
  for (const file of failedFiles) {
    const written = errorOutput.get(file);
    if (written !== undefined) console.log(`\n${path.relative(root, file)} wrote to standard error:\n${written}`);
  }
  if (withCoverage) await addUnloadedFiles(rooms, covered);
  return { passed, failed, notRun, rooms, milliseconds };
}

/** Coverage knows only files that were loaded; the others must not look covered by being absent. */
async function addUnloadedFiles(rooms: Map<string, RoomCoverage>, covered: ReadonlySet<string>): Promise<void> {
  for await (const name of glob('src/**/*.ts', { cwd: root })) {
    const file = path.join(root, name);
    if (name.endsWith('.test.ts') || covered.has(file)) continue;
    const text = await readFile(file, 'utf8');
    // A file of types alone is never loaded, and has nothing to run.
    const code = stripTypeScriptTypes(text).replaceAll(/\/\*[^]*?\*\/|\/\/.*|^import .*$/gm, '');
    if (/\S/.test(code)) addCoverage(rooms, file, text.split('\n').length, 0);
  }
}

function addCoverage(rooms: Map<string, RoomCoverage>, file: string, lines: number, covered: number): void {
  const [, room = ''] = path.relative(root, file).split(path.sep);
  const before = rooms.get(room) ?? { lines: 0, covered: 0 };
  rooms.set(room, { lines: before.lines + lines, covered: before.covered + covered });
}

/** Prints how much of each room the tests ran through, what took long, and the totals as the last line; returns whether all is well. */
export function printResult({ passed, failed, notRun, rooms, milliseconds }: TestRun): boolean {
  if (rooms.size > 0) console.log('\nLines that ran, per room:');
  for (const [room, { lines, covered }] of [...rooms].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`  ${room.padEnd(20)} ${((100 * covered) / lines).toFixed(1).padStart(5)} %  (${covered} of ${lines})`);
  }
  printSlowest(milliseconds);
  if (passed + failed === 0) console.log('\nNo test ran: the pattern fits no test file');
  if (notRun > 0) console.log(`\n${notRun} skipped or to do, which counts as failed here`);
  console.log(`\n${passed} passed, ${failed + notRun} failed`);
  return failed + notRun === 0 && passed > 0;
}

/** What to look at first where all take too long. */
function printSlowest(milliseconds: ReadonlyMap<string, number>): void {
  const slow = [...milliseconds].filter(([, taken]) => taken >= slowMilliseconds).sort(([, a], [, b]) => b - a);
  if (slow.length === 0) return;
  const total = slow.reduce((sum, [, taken]) => sum + taken, 0);
  console.log(`\n${slow.length} files took ${slowMilliseconds / 1000} s or longer, ${Math.round(total / 1000)} s together:`);
  for (const [file, taken] of slow) console.log(`  ${(taken / 1000).toFixed(1).padStart(6)} s  ${file}`);
}

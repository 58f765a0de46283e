import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { monitoringReference } from '../agent/reporting/monitoring-reference.ts';
import { allCommands } from './all-commands.ts';
import { referencePages } from './reference-pages.ts';

test('docs/reference is in step with the definitions (run "node tools/generate-reference.ts" after a change)', async () => {
  const folder = path.join(import.meta.dirname, '../../docs/reference');
  const written: Record<string, string> = {};
  for (const name of await readdir(folder)) written[name] = await readFile(path.join(folder, name), 'utf8');

  assert.deepEqual(written, { ...referencePages(allCommands), ...monitoringReference() });
});

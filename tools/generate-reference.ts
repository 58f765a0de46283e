// node tools/generate-reference.ts: writes docs/reference/ from the definitions of commands and settings, the index of docs/runbooks/, and the
// chart's schema of values and README.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { monitoringReference } from '../src/agent/reporting/monitoring-reference.ts';
import { allCommands } from '../src/cli/all-commands.ts';
import { readRunbooks } from '../src/cli/read-runbooks.ts';
import { referencePages } from '../src/cli/reference-pages.ts';
import { runbookIndex } from '../src/cli/runbooks.ts';
import { chartFolder, generatedChartFiles } from './chart/chart-files.ts';

const folder = path.join(import.meta.dirname, '../docs/reference');
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries({ ...referencePages(allCommands), ...monitoringReference() })) {
  await writeFile(path.join(folder, name), text);
  console.log(`wrote docs/reference/${name}`);
}
await writeFile(path.join(import.meta.dirname, '../docs/runbooks/README.md'), runbookIndex(await readRunbooks()));
console.log('wrote docs/runbooks/README.md');
for (const [name, text] of Object.entries(await generatedChartFiles())) {
  await writeFile(path.join(chartFolder, name), text);
  console.log(`wrote chart/${name}`);
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chartReadme } from './chart-readme.ts';
import { describedValues } from './described-values.ts';
import { valuesJsonSchema } from './values-schema.ts';

/** The folder of the chart. */
export const chartFolder = path.join(import.meta.dirname, '../../chart');

/** The files of the chart that are generated, by their names in it, as they should be. */
export async function generatedChartFiles(): Promise<Readonly<Record<string, string>>> {
  const described = describedValues(await readFile(path.join(chartFolder, 'values.yaml'), 'utf8'));
  return {
    'values.schema.json': valuesJsonSchema(described),
    'README.md': chartReadme(await readFile(path.join(chartFolder, 'Chart.yaml'), 'utf8'), described),
  };
}

// node tools/generate-chart.ts: renders the chart by the real helm (built when it is not in the cache) for each file of chart/ci into test/fixtures/chart/.
// The chart's schema and README are written by generate-reference.ts.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { programPath } from '../test/harness/parts.ts';
import { renderingFile, renderings, renderChart } from './chart/render-chart.ts';

const helm = await programPath('helm');
for (const name of await renderings()) {
  await writeFile(renderingFile(name), await renderChart(helm, name));
  console.log(`wrote ${path.relative(process.cwd(), renderingFile(name))}`);
}

// node tools/generate-chart.ts: writes chart/values.schema.json and chart/README.md, and test/fixtures/chart/ by the real helm (built when it is not in the cache).
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { programPath } from '../test/harness/parts.ts';
import { chartFolder, generatedChartFiles } from './chart/chart-files.ts';
import { renderingFile, renderings, renderChart } from './chart/render-chart.ts';

for (const [name, text] of Object.entries(await generatedChartFiles())) {
  await writeFile(path.join(chartFolder, name), text);
  console.log(`wrote chart/${name}`);
}
const helm = await programPath('helm');
for (const name of await renderings()) {
  await writeFile(renderingFile(name), await renderChart(helm, name));
  console.log(`wrote ${path.relative(process.cwd(), renderingFile(name))}`);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMetrics } from './render-metrics.ts';

test('renderMetrics() writes HELP, TYPE and values in the text format, and leaves out what has no value', async () => {
  const { contentType, text } = await renderMetrics([
    { name: 'rootcellar_last_success_timestamp_seconds', labels: { group: 'directory', command: 'backup' }, value: 1_795_392_240.5 },
    { name: 'rootcellar_runs_total', labels: { group: 'directory', command: 'backup', outcome: 'success' }, value: 3 },
    { name: 'rootcellar_build_info', labels: { version: '"odd"\\\n', node: 'v24' }, value: 1 },
  ]);

  assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8');
  assert.deepEqual(
    text.split('\n').filter((line) => line !== ''),
    [
      '# HELP rootcellar_last_success_timestamp_seconds When the last run of the command that succeeded has ended. No failure changes it.',
      '# TYPE rootcellar_last_success_timestamp_seconds gauge',
      'rootcellar_last_success_timestamp_seconds{group="directory",command="backup"} 1795392240.5',
      '# HELP rootcellar_runs_total Runs of the command that this agent ended, each attempt for itself, by outcome.',
      '# TYPE rootcellar_runs_total counter',
      'rootcellar_runs_total{group="directory",command="backup",outcome="success"} 3',
      '# HELP rootcellar_build_info Always 1; the labels say which version runs.',
      '# TYPE rootcellar_build_info gauge',
      String.raw`rootcellar_build_info{version="\"odd\"\\\n",node="v24"} 1`,
    ],
  );
});

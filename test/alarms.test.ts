import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricDefinitions } from '../src/agent/metrics/metric-definitions.ts';
import { readRunbooks } from '../src/cli/read-runbooks.ts';
import { programPathIfCached } from './harness/parts.ts';

const chart = path.join(import.meta.dirname, '../chart');
const rulesFile = path.join(chart, 'rules/alarms.yaml');

const alarmFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Rootcellar[A-Z][A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[mhd]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const alarms = alarmFile.parse(parse(await readFile(rulesFile, 'utf8'))).groups.flatMap(({ rules }) => rules);
const metricLabels: ReadonlyMap<string, readonly string[]> = new Map(metricDefinitions.map(({ name, labels }) => [name, labels]));
const sections = await readRunbooks();
const ofAlarms = sections.filter(({ page }) => page === 'alarms.md');
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');

/** The metrics of an expression, each with the labels that its selector names. */
function metricsOf(expression: string): { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expression.matchAll(/\b(rootcellar_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name = '', selector = '']) => ({
    name,
    labels: [...selector.matchAll(/(\w+)(?:=|!=|=~|!~)"/g)].map(([, label = '']) => label),
  }));
}

suite('chart/rules/alarms.yaml', () => {
  test('names each alarm once', () => {
    assert.ok(alarms.length >= 12);
    assert.equal(new Set(alarms.map(({ alert }) => alert)).size, alarms.length);
  });

  for (const { alert, expr, annotations } of alarms) {
    test(`${alert} has a section of the runbooks, and says in sentences what is and what to do`, () => {
      const [page, anchor] = annotations.runbook.split('#');

      assert.ok(
        sections.some((section) => section.page === page && anchorOf(section.title) === anchor),
        annotations.runbook,
      );
      assert.match(annotations.summary, /^.{30,200}\.$/);
      assert.match(annotations.description, /^.{40,300}\.$/);
    });

    test(`${alert} asks for metrics that there are, by labels that they have`, () => {
      const used = metricsOf(expr);

      assert.ok(used.length > 0);
      for (const { name, labels } of used) {
        const known = metricLabels.get(name);
        assert.ok(known, name);
        assert.deepEqual(
          labels.filter((label) => !known.includes(label)),
          [],
          name,
        );
      }
    });
  }

  test('reaches every section of docs/runbooks/alarms.md but those of what a command says itself', () => {
    const reached = new Set(alarms.map(({ annotations }) => annotations.runbook.split('#')[1]));

    assert.deepEqual(
      ofAlarms.map(({ title }) => title).filter((title) => !reached.has(anchorOf(title))),
      ['A drill did not prove the snapshot', 'A command ended with 3'],
    );
  });
});

test('chart/dashboards/rootcellar.json shows the metrics that there are, and no other', async () => {
  const text = await readFile(path.join(chart, 'dashboards/rootcellar.json'), 'utf8');
  const dashboard = z.object({
    panels: z.array(z.object({ title: z.string(), description: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) })),
  });
  const expressions = dashboard.parse(JSON.parse(text)).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const used = new Set(expressions.flatMap(metricsOf).map(({ name }) => name));

  assert.deepEqual(
    [...used].filter((name) => metricLabels.get(name) === undefined),
    [],
  );
  // What says when something is next, and what is told by another of them.
  const left = ['last_run', 'next_run', 'newest_restore_point', 'proven_restore_point', 'archive_read'].map(
    (name) => `rootcellar_${name}_timestamp_seconds`,
  );
  assert.deepEqual(
    [...metricLabels.keys()].filter((name) => name.startsWith('rootcellar_') && !used.has(name) && !left.includes(name)),
    ['rootcellar_build_info'],
  );
});

const promtool = await programPathIfCached('promtool');
if (promtool !== undefined) {
  test('promtool reads the alarms, and they fire when they should and not before (test/fixtures/alarms*.promtool.yaml)', async () => {
    const checked = await promisify(execFile)(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', rulesFile]);
    const testsOf = (name: string): string => path.join(import.meta.dirname, `fixtures/${name}.promtool.yaml`);
    assert.match(checked.stdout, /SUCCESS: \d+ rules found/);

    const tried = await promisify(execFile)(promtool, ['test', 'rules', ...['alarms', 'alarms-of-weeks'].map(testsOf)]);
    assert.match(tried.stdout, /SUCCESS/);
  });
}

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricDefinitions, type MetricName, type MetricSample } from '../src/agent/metrics/metric-definitions.ts';
import { alarmTable } from '../src/agent/overview/alarm-table.ts';
import { AlarmWatch } from '../src/agent/overview/alarm-watch.ts';

const root = path.join(import.meta.dirname, '..');
const read = async (file: string): Promise<unknown> => parse(await readFile(path.join(root, file), 'utf8'));

/** The summary as Prometheus' own template. */
function templateOf(summary: string): string {
  return summary
    .replaceAll('{value:duration}', '{{ $value | humanizeDuration }}')
    .replaceAll('{value:time}', '{{ $value | humanizeTimestamp }}')
    .replaceAll('{value}', '{{ $value }}')
    .replaceAll(/(?<!\{)\{(\w+)\}/g, '{{ $labels.$1 }}');
}

test('the agent has the alarms of chart/rules/alarms.yaml: names, severity, how long, words and runbook', async () => {
  const rule = z.object({
    alert: z.string(),
    for: z.string().optional(),
    labels: z.object({ severity: z.string() }),
    annotations: z.object({ summary: z.string(), runbook: z.string() }),
  });
  const rules = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) }).parse(await read('chart/rules/alarms.yaml'));

  assert.deepEqual(
    alarmTable.map(({ name, severity, forMinutes, summary, runbook }) => [name, severity, forMinutes, templateOf(summary), runbook]),
    rules.groups.flatMap(({ rules: all }) =>
      all.map((one) => [one.alert, one.labels.severity, minutesOf(one.for ?? '0m'), one.annotations.summary, one.annotations.runbook]),
    ),
  );
});

const caseSchema = z.object({
  name: z.string(),
  input_series: z.array(z.object({ series: z.string(), values: z.string() })),
  alert_rule_test: z.array(z.object({ eval_time: z.string(), alertname: z.string(), exp_alerts: z.array(z.unknown()) })).default([]),
  promql_expr_test: z.array(z.object({ expr: z.string(), eval_time: z.string(), exp_samples: z.array(z.unknown()) })).default([]),
});

for (const file of ['alarms', 'alarms-of-weeks']) {
  const fixture = z
    .object({ evaluation_interval: z.string(), tests: z.array(caseSchema) })
    .parse(await read(`test/fixtures/${file}.promtool.yaml`));
  describe(`the agent alarms of the same series as Prometheus (test/fixtures/${file}.promtool.yaml)`, () => {
    for (const one of fixture.tests) {
      for (const { alarm, at, isFiring } of expectationsOf(one)) {
        if (alarmTable.find(({ name }) => name === alarm)?.find === undefined) continue;
        test(`${one.name}: ${alarm} ${isFiring ? 'fires' : 'does not fire'} after ${at} minutes`, () => {
          const watch = new AlarmWatch('ds-0');
          const step = minutesOf(fixture.evaluation_interval);
          for (let minute = 0; minute <= at; minute += step) watch.look(samplesAt(one.input_series, minute), new Date(minute * 60_000));

          assert.equal(
            watch.alarms.some(({ name }) => name === alarm),
            isFiring,
          );
        });
      }
    }
  });
}

test('the cases have what the agent looks for, but for what is tried in alarm-watch.test.ts', async () => {
  const texts = await Promise.all(
    ['alarms', 'alarms-of-weeks'].map((name) => readFile(path.join(root, `test/fixtures/${name}.promtool.yaml`), 'utf8')),
  );
  const left = alarmTable.filter(({ name, find }) => find !== undefined && !texts.some((text) => text.includes(name)));

  assert.deepEqual(
    left.map(({ name }) => name.replace('Rootcellar', '')),
    ['JobLate', 'SnapshotDamaged', 'DoubtfulSnapshot', 'NotDelivered', 'AgentTrouble'],
  );
});

interface Expectation {
  readonly alarm: string;
  /** Minutes. */
  readonly at: number;
  readonly isFiring: boolean;
}

function expectationsOf(one: z.output<typeof caseSchema>): readonly Expectation[] {
  return [
    ...one.alert_rule_test.map((each) => ({ alarm: each.alertname, at: minutesOf(each.eval_time), isFiring: each.exp_alerts.length > 0 })),
    ...one.promql_expr_test.map((each) => {
      const [, alarm] = /^count\(ALERTS\{alertname="(\w+)"/.exec(each.expr) ?? [];
      assert.ok(alarm, each.expr);
      return { alarm, at: minutesOf(each.eval_time), isFiring: each.exp_samples.length > 0 };
    }),
  ];
}

/** What a scrape finds at that minute: a value each five minutes, without the labels that the scraping adds. */
function samplesAt(series: z.output<typeof caseSchema>['input_series'], minute: number): readonly MetricSample[] {
  return series.flatMap(({ series: selector, values }) => {
    const [, name = '', text = ''] = /^(\w+)\{(.*)\}$/.exec(selector) ?? [];
    const known = metricDefinitions.find((one) => one.name === name);
    assert.ok(known, name);
    const labels = Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]));
    const own = Object.fromEntries(Object.entries(labels).filter(([label]) => known.labels.some((one) => one === label)));
    const value = valuesOf(values)[Math.floor(minute / 5)];
    return value === undefined ? [] : [{ name: name as MetricName, labels: own, value }];
  });
}

/** `0x71 5x3 stale`: 72 times 0, four times 5, then nothing. */
function valuesOf(text: string): readonly number[] {
  return text.split(' ').flatMap((piece) => {
    if (piece === 'stale') return [];
    const [, value, more] = /^(-?\d+)x(\d+)$/.exec(piece) ?? [];
    assert.ok(value !== undefined && more !== undefined, piece);
    return Array<number>(Number(more) + 1).fill(Number(value));
  });
}

function minutesOf(duration: string): number {
  const [, amount = '', unit = ''] = /^(\d+)([mhd])$/.exec(duration) ?? [];
  return Number(amount) * ({ m: 1, h: 60, d: 1440 }[unit] ?? Number.NaN);
}

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { metricDefinitions } from '../src/agent/metrics/metric-definitions.ts';
import { notificationSchema } from '../src/agent/notify/notification.ts';
import { configSchema } from '../src/config/schema.ts';
import { findSetting } from '../src/config/settings.ts';

const docs = path.join(import.meta.dirname, '../docs');
const guide = await readFile(path.join(docs, 'guide/monitoring.md'), 'utf8');

test('docs/guide/monitoring.md names only metrics and settings that there are', () => {
  const metrics = [...guide.matchAll(/\brootcellar_[a-z_]+\b/g)].map(([name]) => name);
  const settings = [...guide.matchAll(/`((?:metrics|notify|agent)\.[a-zA-Z.]+)`/g)].map(([, name = '']) => name);

  assert.ok(metrics.length > 5 && settings.length > 5);
  assert.deepEqual(
    metrics.filter((name) => !metricDefinitions.some((definition) => definition.name === name)),
    [],
  );
  assert.deepEqual(
    settings.filter((name) => findSetting(name) === undefined && name !== 'agent.schedule'),
    [],
  );
});

test('docs/guide/monitoring.md shows settings as the configuration file takes them', () => {
  const blocks = [...guide.matchAll(/```yaml\n((?:metrics|notify):\n.*?)```/gs)].map(([, block = '']) => block);

  assert.equal(blocks.length, 2);
  for (const block of blocks) assert.deepEqual(configSchema.safeParse(parse(block)).error, undefined);
});

test('docs/guide/monitoring.md shows a notification as the schema has it', () => {
  const example = /```json\n(.*?)```/s.exec(guide)?.[1];

  assert.ok(example !== undefined);
  assert.ok(notificationSchema.safeParse(JSON.parse(example)).success);
});

test('docs/guide/monitoring.md links to runbooks that there are', async () => {
  const links = [...guide.matchAll(/runbooks\/([\w-]+\.md)#([\w-]+)/g)];

  assert.ok(links.length >= 3);
  for (const [, page = '', anchor = ''] of links) {
    const text = await readFile(path.join(docs, 'runbooks', page), 'utf8');
    const anchors = [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));
    assert.ok(anchors.includes(anchor), `${page}#${anchor}`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configJsonSchema } from './json-schema.ts';
import { nearestName } from '../foundation/nearest-name.ts';
import { valueOfText } from './setting-values.ts';
import { findSetting, settings } from './settings.ts';

test('settings have the documented variables and flags', () => {
  const names = ['archive', 'passwordFile', 's3.endpoint', 'server.bindPasswordFile'];

  assert.deepEqual(
    names.map((name) => [findSetting(name)?.variable, findSetting(name)?.flag]),
    [
      ['ROOTCELLAR_ARCHIVE', '--archive'],
      ['ROOTCELLAR_PASSWORD_FILE', '--password-file'],
      ['ROOTCELLAR_S3_ENDPOINT', '--s3-endpoint'],
      ['ROOTCELLAR_SERVER_BIND_PASSWORD_FILE', '--server-bind-password-file'],
    ],
  );
});

test('settings have distinct variables and flags', () => {
  assert.equal(new Set(settings.map(({ variable }) => variable)).size, settings.length);
  assert.equal(new Set(settings.map(({ flag }) => flag)).size, settings.length);
});

for (const setting of settings) {
  test(`the example and the default of ${setting.name} are accepted by its own schema`, () => {
    assert.ok(setting.schema.safeParse(valueOfText(setting, setting.example)).success, setting.example);
    if (setting.defaultValue !== undefined) assert.ok(setting.schema.safeParse(setting.defaultValue).success);
  });
}

test('configJsonSchema() describes every setting and allows no other keys', () => {
  const schema = configJsonSchema() as Node;
  for (const { name, description } of settings) {
    const found = name.split('.').reduce<Node | undefined>((node, key) => node?.properties?.[key], schema);
    assert.equal(found?.description, description, name);
  }
  assert.equal(schema.additionalProperties, false);
  assert.equal(schema.required, undefined);
});

test('nearestName() finds a swap, a missing letter and another case, and offers nothing for a stranger', () => {
  const names = ['archive', 's3.endpoint', 'server.url'];

  assert.equal(nearestName('archvie', names), 'archive');
  assert.equal(nearestName('s3.endpont', names), 's3.endpoint');
  assert.equal(nearestName('SERVER.URL', names), 'server.url');
  assert.equal(nearestName('wonderful', names), undefined);
});

interface Node {
  readonly description?: string;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
}

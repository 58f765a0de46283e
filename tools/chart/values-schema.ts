import { z } from 'zod';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { chartValues } from './chart-values.ts';
import type { DescribedValue } from './described-values.ts';

interface Node {
  description?: string;
  properties?: Record<string, Node>;
  [keyword: string]: unknown;
}

/**
 * The content of `chart/values.schema.json`: draft 7, which every Helm 3 reads; `config` is the schema of the configuration file, so that what
 * the program would refuse Helm refuses before anything is changed.
 */
export function valuesJsonSchema(described: readonly DescribedValue[]): string {
  const { $schema, ...values } = z.toJSONSchema(chartValues, {
    target: 'draft-7',
    io: 'input',
    override: withoutBounds,
  }) as unknown as Node;
  const { $schema: _draft, ...config } = configJsonSchema();
  if (values.properties === undefined) throw new Error('the schema of the values has no properties');
  values.properties['config'] = config;
  for (const { key, description } of described) describe(values, key.split('.'), description);
  return `${JSON.stringify({ $schema, title: 'Values of the chart rootcellar', ...values }, undefined, 2)}\n`;
}

/** zod bounds each whole number by what JavaScript can count; nobody gains by that. */
function withoutBounds({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}

function describe(node: Node, keys: readonly string[], description: string): void {
  const [first = '', ...others] = keys;
  const child = node.properties?.[first];
  if (child === undefined) return;
  if (others.length > 0) describe(child, others, description);
  else child.description ??= description;
}

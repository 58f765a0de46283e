import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The JSON Schema of the configuration file (draft 2020-12), for editors and for checks before a roll-out. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any', override: allowBareBooleans });
  return { $schema, title: 'rootcellar configuration', ...rest };
}

/** In YAML a bare `true` is a boolean, also where the setting is a choice among words such as true and auto. */
function allowBareBooleans({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // zod calls this for the choice and again for its default around it.
  if (jsonSchema.enum?.includes('true') !== true || jsonSchema.enum.includes(true)) return;
  delete jsonSchema.type;
  jsonSchema.enum = [...jsonSchema.enum, true, false];
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { PingValues } from '../fixtures/ping-devops-chart.ts';

export const pingFolder = path.join(import.meta.dirname, '../../deploy/ping-devops');

/** These files of deploy/ping-devops as Helm lays them over each other: maps are joined, lists replaced, null takes away. */
export async function pingValues(files: readonly string[]): Promise<PingValues> {
  let values: unknown = {};
  for (const file of files) values = over(values, parse(await readFile(path.join(pingFolder, file), 'utf8')));
  return values as PingValues;
}

function over(under: unknown, upper: unknown): unknown {
  if (!isMap(under) || !isMap(upper)) return upper;
  const joined: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(upper)) {
    if (value === null) delete joined[key];
    else joined[key] = key in under ? over(under[key], value) : value;
  }
  return joined;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { renderingFile } from '../../tools/chart/render-chart.ts';

/** An object of Kubernetes, or a part of one: what a test asks of it, it asks by path. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
  /** `spec.template.spec.containers.0.image`, or what has a key with dots below that; undefined where nothing is. */
  readonly at: (path: string, key?: string) => unknown;
}

/** The objects of a kept rendering of the chart; test/chart-helm.test.ts holds it against the real helm. */
export async function readRendering(name: string): Promise<readonly Manifest[]> {
  return manifestsOf(await readFile(renderingFile(name), 'utf8'));
}

export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document) => manifestOf(document.toJS(), String(document)))
    .filter(({ kind }) => kind !== '');
}

function manifestOf(value: unknown, text: string): Manifest {
  const at = (path: string, key?: string): unknown => valueAt(value, [...path.split('.'), ...(key === undefined ? [] : [key])]);
  return { kind: textOf(at('kind')), name: textOf(at('metadata.name')), text, at };
}

/** A part of what a test has in hand, by its path. */
export function partOf(value: unknown, path: string): unknown {
  return valueAt(value, path.split('.'));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The pod templates of all that runs pods, by the name of what does. */
export function podsOf(manifests: readonly Manifest[]): ReadonlyMap<string, (path: string) => unknown> {
  const places: Readonly<Record<string, string>> = {
    CronJob: 'spec.jobTemplate.spec.template.spec',
    Job: 'spec.template.spec',
    Deployment: 'spec.template.spec',
    Pod: 'spec',
  };
  return new Map(
    manifests.flatMap(({ kind, name, at }) => {
      const place = places[kind];
      return place === undefined ? [] : [[`${kind} ${name}`, (path: string) => at(`${place}.${path}`)] as const];
    }),
  );
}

/** @throws Error when there is not exactly one of this kind whose name ends so */
export function theOne(manifests: readonly Manifest[], kind: string, ending = ''): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.name.endsWith(ending));
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} of kind ${kind} with a name that ends with "${ending}"`);
  return first;
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined), value);
}

import { access, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { kubernetesVersion } from './programs.ts';
import { runProgram } from '../run-program.ts';
import { cacheFolder, cached } from '../test-cache.ts';

const kubernetes = { module: 'k8s.io/kubernetes', version: kubernetesVersion };
const prometheusOperator = { module: 'github.com/prometheus-operator/prometheus-operator', version: 'v0.91.0' };
const customKinds = ['podmonitors', 'prometheusrules'];

type Node = Record<string, unknown>;

/**
 * Returns the folder of JSON schemas for `kubeconform -strict`, made from what Kubernetes and the Prometheus operator publish in their Go modules:
 * a file `<kind><suffix>.json` for each kind, in which no unknown key is allowed.
 */
export function kubernetesSchemas(): Promise<string> {
  return cached({
    name: cacheName,
    announcement: `making the schemas of Kubernetes ${kubernetes.version} from its Go module (about 20 s)`,
    make: async (folder) => {
      await writeKubernetesKinds(folder, await moduleFolder(kubernetes));
      await writeCustomKinds(folder, await moduleFolder(prometheusOperator));
    },
  });
}

const cacheName = `kubernetes-schemas-${kubernetes.version}-${prometheusOperator.version}`;

/** Whether they are in the cache. */
export async function kubernetesSchemasIfCached(): Promise<boolean> {
  return access(path.join(cacheFolder(), cacheName)).then(
    () => true,
    () => false,
  );
}

async function moduleFolder({ module, version }: typeof kubernetes): Promise<string> {
  const answer = await runProgram('go', ['mod', 'download', '-json', `${module}@${version}`], {
    folder: '/',
    environment: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=mod' },
  });
  return z.object({ Dir: z.string() }).parse(JSON.parse(answer)).Dir;
}

const groupVersionKind = z.object({ group: z.string(), version: z.string(), kind: z.string() });

async function writeKubernetesKinds(folder: string, source: string): Promise<void> {
  const swagger = await readFile(path.join(source, 'api/openapi-spec/swagger.json'), 'utf8');
  const { definitions } = z.object({ definitions: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(JSON.parse(swagger));
  await writeFile(path.join(folder, 'definitions.json'), JSON.stringify({ definitions: strict(definitions) }));
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = z.array(groupVersionKind).safeParse(definition['x-kubernetes-group-version-kind']).data ?? [];
    for (const kind of kinds.length === 1 ? kinds : []) {
      await writeFile(path.join(folder, fileOf(kind)), JSON.stringify({ $ref: `definitions.json#/definitions/${name}` }));
    }
  }
}

async function writeCustomKinds(folder: string, source: string): Promise<void> {
  const definition = z.object({
    spec: z.object({
      group: z.string(),
      names: z.object({ kind: z.string() }),
      versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()) }) })),
    }),
  });
  for (const plural of customKinds) {
    const file = path.join(source, 'example/prometheus-operator-crd', `monitoring.coreos.com_${plural}.yaml`);
    const { spec } = definition.parse(parse(await readFile(file, 'utf8')));
    for (const { name, schema } of spec.versions) {
      const closed = strict(schema.openAPIV3Schema) as { properties: Record<string, unknown> };
      closed.properties['metadata'] = { $ref: 'definitions.json#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
      await writeFile(path.join(folder, fileOf({ group: spec.group, version: name, kind: spec.names.kind })), JSON.stringify(closed));
    }
  }
}

/** As kubeconform names it in the template `{{.ResourceKind}}{{.KindSuffix}}`: of the group only what stands before the first dot. */
function fileOf({ group, version, kind }: z.infer<typeof groupVersionKind>): string {
  return [kind.toLowerCase(), group.split('.')[0], version].filter(Boolean).join('-').concat('.json');
}

/** Closes every object that names its keys, and lets numbers stand where Kubernetes takes a number or a text. */
function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict);
  if (typeof node !== 'object' || node === null) return node;
  const { format, ...rest } = node as Node;
  const result: Node = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, strict(value)]));
  if (format === 'int-or-string' || rest['x-kubernetes-int-or-string'] === true || isQuantity(rest)) {
    delete result['type'];
    result['anyOf'] = [{ type: 'string' }, { type: 'number' }];
    return result;
  }
  const isClosed =
    isObjectOf(rest['properties']) && rest['additionalProperties'] === undefined && rest['x-kubernetes-preserve-unknown-fields'] !== true;
  return isClosed && rest['type'] === 'object' ? { ...result, additionalProperties: false } : result;
}

function isQuantity(node: Node): boolean {
  return node['type'] === 'string' && String(node['description']).startsWith('Quantity is a fixed-point');
}

function isObjectOf(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

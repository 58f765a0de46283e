import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { kubernetesVersion } from '../../test/harness/kubernetes/programs.ts';
import { chartFolder } from './chart-files.ts';

/** The names of the files of values in `chart/ci`, each of which is rendered. */
export async function renderings(): Promise<readonly string[]> {
  const files = await readdir(path.join(chartFolder, 'ci'));
  return files
    .filter((file) => file.endsWith('-values.yaml'))
    .map((file) => file.replace(/-values\.yaml$/, ''))
    .toSorted();
}

export function valuesFile(name: string): string {
  return path.join(chartFolder, 'ci', `${name}-values.yaml`);
}

/** Where the rendering is kept, so that tests can look at it without helm. */
export function renderingFile(name: string): string {
  return path.join(import.meta.dirname, '../../test/fixtures/chart', `${name}.yaml`);
}

/**
 * What `helm template` makes of the chart with these values.
 *
 * @throws Error with helm's words when it refuses
 */
export async function renderChart(helm: string, name: string, more: readonly string[] = []): Promise<string> {
  const options = ['--namespace', 'identity', '--kube-version', kubernetesVersion, '--values', valuesFile(name), ...more];
  const { stdout } = await promisify(execFile)(helm, ['template', 'directory-backup', chartFolder, ...options], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

import { readFile } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';

export interface PodSeen {
  readonly name: string;
  /** Its label `app.kubernetes.io/component`. */
  readonly component: string;
  /** Each phase that it was in, in their order. */
  readonly phases: readonly string[];
}

/** Watches the pods of a release from now on; what is returned says which there were, the oldest first, also those that are gone by now. */
export function watchPods(cluster: Cluster, namespace: string, release: string): () => Promise<readonly PodSeen[]> {
  const columns = 'N:.metadata.name,C:.metadata.labels.app\\.kubernetes\\.io/component,P:.status.phase';
  const selector = `app.kubernetes.io/instance=${release}`;
  const words = ['get', 'pods', '--namespace', namespace, '--selector', selector, '--watch', '--no-headers', '--output'];
  const { log } = cluster.start(`pods-of-${release}`, 'kubectl', [...words, `custom-columns=${columns}`]);
  return async () => {
    const seen = new Map<string, { name: string; component: string; phases: string[] }>();
    for (const line of (await readFile(log, 'utf8')).split('\n')) {
      const [name = '', component = '', phase = ''] = line.trim().split(/ +/);
      if (phase === '') continue;
      const pod = seen.get(name) ?? { name, component, phases: [] };
      if (pod.phases.at(-1) !== phase) pod.phases.push(phase);
      seen.set(name, pod);
    }
    return [...seen.values()];
  };
}

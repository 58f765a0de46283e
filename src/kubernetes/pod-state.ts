import { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { containerMissing, podMissing } from './kubernetes-failures.ts';

/** Which container of which pod. */
export interface PodName {
  readonly namespace: string;
  readonly pod: string;
  /** Otherwise the only one, or the one that the pod's annotation names. */
  readonly container?: string | undefined;
}

/** A running container, and what tells it from those before and after it under the same names. */
export interface PodState {
  readonly container: string;
  readonly podUid: string;
  readonly containerId: string;
  /** RFC 3339. */
  readonly startedAt: string;
}

const podSchema = z.object({
  metadata: z.object({
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({ containers: z.array(z.object({ name: z.string() })) }),
  status: z.object({
    phase: z.string().optional(),
    containerStatuses: z
      .array(
        z.object({
          name: z.string(),
          containerID: z.string().optional(),
          state: z
            .object({
              running: z.object({ startedAt: z.string() }).optional(),
              waiting: z.object({ reason: z.string().optional() }).optional(),
              terminated: z.object({ reason: z.string().optional(), exitCode: z.number() }).optional(),
            })
            .optional(),
        }),
      )
      .optional(),
  }),
});

const defaultContainer = 'kubectl.kubernetes.io/default-container';

/**
 * Reads the pod.
 *
 * @throws Failure E_KUBERNETES_POD_MISSING, E_KUBERNETES_CONTAINER_MISSING when nothing can be run in it now; what {@link Cluster.ask} throws
 */
export async function readPod(cluster: Cluster, name: PodName, attempt: string, signal?: AbortSignal): Promise<PodState> {
  const { namespace, pod } = name;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  const { metadata, spec, status } = podSchema.parse(await cluster.ask(path, { attempt, namespace, pod }, { signal }));
  if (metadata.deletionTimestamp !== undefined) throw podMissing(attempt, pod, namespace, 'it is being removed');
  const names = spec.containers.map((one) => one.name);
  const container = chooseContainer(names, name.container ?? metadata.annotations?.[defaultContainer], attempt, pod);
  const found = status.containerStatuses?.find((one) => one.name === container);
  const running = found?.state?.running;
  if (running === undefined) {
    const ended = found?.state?.terminated;
    const state = ended === undefined ? found?.state?.waiting?.reason : `it ended with exit code ${ended.exitCode}, ${ended.reason ?? ''}`;
    throw podMissing(attempt, pod, namespace, `its container "${container}" does not run (${state ?? status.phase ?? 'unknown'})`);
  }
  return { container, podUid: metadata.uid, containerId: found?.containerID ?? '', startedAt: running.startedAt };
}

function chooseContainer(names: readonly string[], wanted: string | undefined, attempt: string, pod: string): string {
  const [only, ...others] = names;
  const chosen = wanted ?? (others.length === 0 ? only : undefined);
  if (chosen === undefined) throw containerMissing(attempt, pod, `it has ${names.join(', ')}, and none is named`);
  if (!names.includes(chosen)) throw containerMissing(attempt, pod, `it has no "${chosen}", but ${names.join(', ')}`);
  return chosen;
}

/** Undefined where it is the same container still. */
export function whatChanged(before: PodState, now: PodState): string | undefined {
  if (now.podUid !== before.podUid) return 'another pod has its name now';
  if (now.containerId !== before.containerId) return `its container "${now.container}" was started anew at ${now.startedAt}`;
  return undefined;
}

import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { OperationContext } from '../foundation/progress.ts';
import type { Cluster } from './cluster.ts';
import { filesDiffer } from './command-failures.ts';
import { filesToPack } from './pack-files.ts';
import type { PodFiles } from './pod-files.ts';
import type { PodProbe } from './pod-probe.ts';
import { type PodName, readPod } from './pod-state.ts';

export interface ClusterPodProbeOptions {
  readonly cluster: Cluster;
  readonly name: PodName;
  readonly files: PodFiles;
}

const rights = [
  { verb: 'get', resource: 'pods' },
  { verb: 'get', resource: 'pods', subresource: 'exec' },
  { verb: 'create', resource: 'pods', subresource: 'exec' },
] as const;

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

export class ClusterPodProbe implements PodProbe {
  readonly name: PodName;
  readonly folder: string;
  readonly #options: ClusterPodProbeOptions;

  constructor(options: ClusterPodProbeOptions) {
    this.name = options.name;
    this.folder = options.files.base;
    this.#options = options;
  }

  /** By a SelfSubjectAccessReview each, which every account may ask for. */
  async missingRights({ signal }: OperationContext = {}): Promise<readonly string[]> {
    const { namespace, pod } = this.name;
    const asked = { attempt: 'ask which rights this account has', namespace, pod };
    const missing: string[] = [];
    for (const right of rights) {
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { ...right, namespace, name: pod } },
      };
      const answer = await this.#options.cluster.ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', asked, { body, signal });
      const resource = 'subresource' in right ? `${right.resource}/${right.subresource}` : right.resource;
      if (!reviewSchema.parse(answer).status.allowed) missing.push(`${right.verb} ${resource}`);
    }
    return missing;
  }

  async describe({ signal }: OperationContext = {}): Promise<string> {
    const { container, startedAt } = await readPod(this.#options.cluster, this.name, `read the pod "${this.name.pod}"`, signal);
    return `container "${container}" of the pod "${this.name.pod}" in "${this.name.namespace}" runs since ${startedAt}`;
  }

  async exchangeFile(options: OperationContext = {}): Promise<void> {
    const { files } = this.#options;
    const here = await mkdtemp(path.join(tmpdir(), 'rootcellar-doctor-'));
    const there = path.posix.join(files.base, '.doctor', `exchange-${randomUUID()}`);
    const attempt = `exchange a file with the ${files.exec.location}`;
    const text = createHash('sha256').update(there).digest('hex');
    try {
      await writeFile(path.join(here, 'sent'), text);
      await files.send({ attempt, folder: there, files: await filesToPack(path.join(here, 'sent')) }, options);
      await files.fetch({ attempt, there, here: path.join(here, 'back'), kind: 'folder' }, options);
      if ((await readFile(path.join(here, 'back', 'sent'), 'utf8')) !== text) throw filesDiffer(attempt, there, 'another text came back');
    } finally {
      await rm(here, { recursive: true, force: true });
      await files.remove(there).catch(() => undefined);
    }
  }

  async freeBytes(options: OperationContext = {}): Promise<number | undefined> {
    const { files } = this.#options;
    // The folder itself is there only while there is something in it.
    return files.freeBytes(path.posix.dirname(files.base), options);
  }
}

import { type Failure, isFailure } from '../foundation/failure.ts';
import type { Cluster } from './cluster.ts';
import { runOverChannel } from './exec-channel.ts';
import { podRestarted, programMissing, streamCut } from './kubernetes-failures.ts';
import type { ExecCall, ExecEnd, PodExec } from './pod-exec.ts';
import { type PodName, type PodState, readPod, whatChanged } from './pod-state.ts';

export interface ClusterExecOptions {
  readonly cluster: Cluster;
  readonly name: PodName;
  /** 15 seconds unless told. */
  readonly pingMilliseconds?: number | undefined;
}

/** Runs programs in a container through the API server: `pods/exec` over a WebSocket. */
export class ClusterExec implements PodExec {
  readonly location: string;
  readonly #options: ClusterExecOptions;
  #first: Promise<PodState> | undefined;

  constructor(options: ClusterExecOptions) {
    this.#options = options;
    this.location = `pod "${options.name.pod}"`;
  }

  async run(call: ExecCall): Promise<ExecEnd> {
    const { cluster, name, pingMilliseconds = 15_000 } = this.#options;
    const { container } = await this.#state(call);
    const asked = { attempt: call.attempt, namespace: name.namespace, pod: name.pod, url: cluster.url };
    const url = `${cluster.url.replace(/^http/, 'ws')}${execPath(name, container, call)}`;
    const options = await cluster.requestOptions(call.attempt);
    const { status, ...end } = await runOverChannel({ url, options, asked, pingMilliseconds }, call).catch(async (error: unknown) => {
      const isOdd =
        isFailure(error) && ['E_KUBERNETES_STREAM_CUT', 'E_KUBERNETES_CONTAINER_MISSING', 'E_KUBERNETES_UNREACHABLE'].includes(error.code);
      throw isOdd ? await this.explain(error) : error;
    });
    const [program] = call.command;
    // So the runtimes say it, each in its own words; a shell's own exit code for it is 127.
    const isMissing = /executable file not found|no such file or directory/i.test(status.words) || status.exitCode === 127;
    if (isMissing) throw programMissing(call.attempt, program, name.pod, container);
    if (status.exitCode !== undefined) return end;
    throw await this.explain(streamCut(call.attempt, this.location, `the node says "${status.words.slice(0, 300)}"`));
  }

  async explain(failure: Failure): Promise<Failure> {
    const { cluster, name } = this.#options;
    const before = await this.#first?.catch(() => undefined);
    if (before === undefined) return failure;
    // `Cannot STEP: …`
    const attempt = /^Cannot (.*?): /.exec(failure.message)?.[1] ?? `work in ${this.location}`;
    try {
      const changed = whatChanged(before, await readPod(cluster, name, attempt));
      return changed === undefined ? failure : podRestarted(attempt, name.pod, changed, failure);
    } catch (error) {
      // It ran when it was first used.
      return isFailure(error, 'E_KUBERNETES_POD_MISSING') ? podRestarted(attempt, name.pod, goneState(error), failure) : failure;
    }
  }

  /** As it was at the first call: what is in the container belongs to that one. */
  #state({ attempt, signal }: ExecCall): Promise<PodState> {
    this.#first ??= readPod(this.#options.cluster, this.#options.name, attempt, signal).catch((error: unknown) => {
      this.#first = undefined;
      throw error;
    });
    return this.#first;
  }
}

/** `Cannot STEP: the pod … cannot be used: STATE` */
function goneState({ message }: Failure): string {
  return message.split(' cannot be used: ').at(-1) ?? message;
}

function execPath({ namespace, pod }: PodName, container: string, { command, input }: ExecCall): string {
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true', stdin: String(input !== undefined), tty: 'false' });
  for (const word of command) query.append('command', word);
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query.toString()}`;
}

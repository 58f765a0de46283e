import type { PodProbe } from '../kubernetes/pod-probe.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { formatBytes } from '../foundation/sizes.ts';
import type { Finding } from './finding.ts';
import { notReached, runCheck, type CheckResult } from './run-check.ts';

/** Does with the server's pod what a backup and a restore do: runs programs in it and brings a file there and back. That the server may write there is seen by `checkServer`. */
export async function checkPod(open: () => Promise<PodProbe>, options: OperationContext = {}): Promise<readonly Finding[]> {
  let opened: PodProbe | undefined;
  const rights = await runCheck('pod: rights', async () => {
    opened = await open();
    return rightsOf(opened, options);
  });
  if (opened === undefined || rights.state === 'failed') {
    return [rights, ...['pod: container', 'pod: files', 'pod: space'].map((check) => notReached(check, 'the pod cannot be reached'))];
  }
  const pod = opened;
  const container = await runCheck('pod: container', () => pod.describe(options));
  if (container.state === 'failed') {
    return [rights, container, ...['pod: files', 'pod: space'].map((check) => notReached(check, 'no program can be run there'))];
  }
  const files = await runCheck('pod: files', async () => {
    await pod.exchangeFile(options);
    return `a file was sent to ${pod.folder} and brought back`;
  });
  return [rights, container, files, await runCheck('pod: space', () => space(pod, options))];
}

async function rightsOf(pod: PodProbe, options: OperationContext): Promise<CheckResult> {
  const missing = await pod.missingRights(options);
  if (missing.length === 0) return `the account may read the pod "${pod.name.pod}" and run programs in it`;
  const { namespace, pod: name } = pod.name;
  return {
    state: 'failed',
    text: `the account may not: ${missing.join(', ')}`,
    fix: `give it a Role in "${namespace}" with {apiGroups: [""], resources: [pods], resourceNames: [${name}], verbs: [get]} and {apiGroups: [""], resources: [pods/exec], resourceNames: [${name}], verbs: [get, create]}`,
  };
}

async function space(pod: PodProbe, options: OperationContext): Promise<CheckResult> {
  const free = await pod.freeBytes(options);
  if (free !== undefined) return `${formatBytes(free)} are free in ${pod.folder}; the largest backend must fit`;
  return {
    state: 'warning',
    text: `the container does not tell how much room ${pod.folder} has`,
    fix: 'see that the largest backend fits',
  };
}

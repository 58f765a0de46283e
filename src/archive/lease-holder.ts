import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { processStatOf } from '../foundation/process-stat.ts';
import { leaseHolderSchema, type IsAlive, type LeaseHolder } from './lease.ts';

/** This process, as a lease names it. `work` is what it does: `backup`. */
export function thisProcess(work: string): LeaseHolder {
  return {
    host: hostname(),
    processId: process.pid,
    space: processSpace(),
    processBegan: beginningOf(process.pid) ?? '',
    container: container(),
    work,
  };
}

/**
 * Whether a holder still runs, as far as it can be known from here: of the same process ID space on the same boot of the same
 * machine; and of an earlier start of the container that we are, which ended before ours began. A process ID that was given to another process in the meantime is
 * told by the time at which that one began.
 */
export const isAlive: IsAlive = (holder) => {
  if (holder.host !== hostname()) return undefined;
  if (holder.space !== processSpace()) return holder.container !== '' && holder.container === container() ? false : undefined;
  if (holder.space === '') return undefined;
  const began = beginningOf(holder.processId);
  return began !== undefined && began === holder.processBegan;
};

/** The same for whoever writes down, as JSON, which process something belongs to; what is none of ours names a dead one. */
export function ownersOf(work: string): { readonly self: LeaseHolder; readonly isAlive: (owner: unknown) => boolean | undefined } {
  return {
    self: thisProcess(work),
    isAlive: (owner) => {
      const holder = leaseHolderSchema.safeParse(owner);
      return holder.success ? isAlive(holder.data) : false;
    },
  };
}

/** Names the process ID space, by boot and PID namespace (Linux, proc(5)); empty where the system has no such account. */
function processSpace(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

function container(): string {
  try {
    return containerOf(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return '';
  }
}

/**
 * Names the container of a Kubernetes pod that has these mounts: `<UID of the pod>/<name of the container>`, both the same after a restart. The kubelet mounts a
 * file of its folder `pods/<UID>/containers/<name>/<start>` at the container's termination message path, /dev/termination-log unless the pod says
 * another; the fourth field of a line of proc_pid_mountinfo(5) is where a mount comes from. Empty where there is no such mount.
 */
export function containerOf(mountInfo: string): string {
  const found = /^(?:\S+ ){3}\S*\/pods\/([^/ ]+)\/containers\/([^/ ]+)\/[^/ ]+ /m.exec(mountInfo);
  return found === null ? '' : `${found[1]}/${found[2]}`;
}

/** When a process began, in clock ticks since boot; undefined when there is none that lives. */
function beginningOf(processId: number): string | undefined {
  try {
    const { state, began } = processStatOf(readFileSync(`/proc/${processId}/stat`, 'utf8'));
    return state === 'Z' ? undefined : began;
  } catch {
    return undefined;
  }
}

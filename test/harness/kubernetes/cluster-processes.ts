import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clusterVariable } from './state-folder.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Beside PATH, HOME and KUBECONFIG. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

/** The way into a cluster's network: programs started by it see no other. */
export interface ClusterNetwork {
  /** The state folder; it is the working folder too. */
  readonly folder: string;
  /** Runs a program to its end. */
  run(program: string, programArguments: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Starts a program and returns at once; it ends with the cluster. Its output goes to `log/NAME.log` of the state folder. */
  start(name: string, program: string, programArguments: readonly string[], environment?: Readonly<Record<string, string>>): ClusterProcess;
}

export interface ClusterProcess {
  readonly pid: number;
  readonly log: string;
  /** Asks again and again until it is so; throws with the end of the log when it is not in time, or when the process has ended. */
  ready(isReady: () => Promise<boolean>, seconds: number): Promise<void>;
  /** Sends a signal that does not end it. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void;
  /** Ends it, and resolves when it has. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** @param searchPath the folders of the cluster's own programs, before those of the system */
export function clusterNetwork(folder: string, searchPath: string): ClusterNetwork {
  // `ip netns exec` would mount a new /sys, in which kubelet finds no cgroups.
  const inside = ['--net=/run/netns/' + path.basename(folder)];
  const environment = {
    PATH: `${searchPath}:${process.env['PATH']}:/usr/sbin:/sbin`,
    HOME: folder,
    KUBECONFIG: path.join(folder, 'admin.kubeconfig'),
    [clusterVariable]: folder,
  };
  const begin = (program: string, programArguments: readonly string[], options: SpawnOptions): ChildProcess =>
    spawn('nsenter', [...inside, program, ...programArguments], { cwd: folder, ...options, env: { ...environment, ...options.env } });
  return {
    folder,
    run: async (program, programArguments, { environment: own, stdin = '', signal } = {}) => {
      const child = begin(program, programArguments, { stdio: 'pipe', env: { ...own }, ...(signal !== undefined && { signal }) });
      return outcomeOf(child, stdin);
    },
    start: (name, program, programArguments, own) => {
      const log = path.join(folder, 'log', `${name}.log`);
      const out = openSync(log, 'a');
      const child = begin(program, programArguments, { stdio: ['ignore', out, out], detached: true, env: { ...own } });
      closeSync(out);
      child.unref();
      return clusterProcess(child, name, log);
    },
  };
}

async function outcomeOf(child: ChildProcess, stdin: string): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => (written.stdout += piece));
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => (written.stderr += piece));
  // It may end without reading its input.
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
  await once(child, 'close');
  return { exitCode: child.exitCode, ...written };
}

function clusterProcess(child: ChildProcess, name: string, log: string): ClusterProcess {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const isRunning = (): boolean => failure === undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    log,
    ready: async (isReady, seconds) => {
      const end = Date.now() + 1000 * seconds;
      while (!(await isReady())) {
        if (isRunning() && Date.now() < end) await delay(50);
        else throw new Error(`${name} did not become ready:\n${(await readFile(log, 'utf8')).slice(-3000)}`, { cause: failure });
      }
    },
    signal: (name) => void child.kill(name),
    kill: async (signal = 'SIGKILL') => {
      if (!isRunning()) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

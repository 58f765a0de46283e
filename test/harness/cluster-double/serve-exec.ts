import { spawn } from 'node:child_process';
import type { WebSocket } from 'ws';
import type { ClusterBehaviour } from './cluster-double.ts';

export interface ExecRequest {
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly hasInput: boolean;
}

/**
 * `cut`: the connection is gone after so many bytes of output, or of input; `lose-end`: output beyond them is lost and yet the status is "Success"; `freeze`: from
 * then on nothing is sent or answered; `end`: the program was killed at once; `refuse`: no WebSocket; `alter`: changes each piece of the output.
 */
export type ExecFault =
  | { readonly kind: 'cut' | 'cut-input' | 'lose-end' | 'freeze'; readonly bytes: number; readonly also?: () => void }
  | { readonly kind: 'end'; readonly exitCode: number }
  | { readonly kind: 'refuse'; readonly code: number; readonly message: string }
  | { readonly kind: 'alter'; readonly change: (piece: Buffer) => Buffer };

const channel = { input: 0, output: 1, errors: 2, status: 3, close: 255 } as const;

/** Runs the command on this machine, and speaks of it as an API server does. */
export function serveExec(socket: WebSocket, request: ExecRequest, behaviour: ClusterBehaviour, fault: ExecFault | undefined): void {
  const [program = '', ...words] = request.command;
  const send = (stream: number, data: Buffer | string): void => socket.send(Buffer.concat([Buffer.of(stream), Buffer.from(data)]));
  const end = (status: object): void => {
    send(channel.status, JSON.stringify({ metadata: {}, ...status }));
    socket.close();
  };
  if (behaviour.absent.has(program)) {
    const message =
      'error executing command in container: failed to exec in container: failed to start exec "0123": OCI runtime exec failed: exec failed: ' +
      `unable to start container process: exec: "${program}": executable file not found in $PATH`;
    return end({ status: 'Failure', reason: 'InternalError', message, code: 500 });
  }
  if (fault?.kind === 'end') return end(statusOf(String(fault.exitCode)));
  const PATH = [behaviour.programFolder, process.env['PATH']].filter((folder) => folder !== undefined).join(':');
  const child = spawn(program, words, { env: { PATH, LANG: 'C' }, cwd: '/' });
  if (!request.hasInput) child.stdin.end();
  let [received, sent] = [0, 0];
  child.stdin.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    if (data[0] === channel.close) return void child.stdin.end();
    received += data.length - 1;
    if (fault?.kind === 'cut-input' && received > fault.bytes) return breakOff(fault.also);
    // As the API server: no more is taken than the program reads.
    if (child.stdin.write(data.subarray(1)) === false) {
      socket.pause();
      child.stdin.once('drain', () => socket.resume());
    }
  });
  socket.on('close', () => child.kill('SIGKILL'));
  const breakOff = (also?: () => void): void => {
    also?.();
    socket.terminate();
  };
  child.stdout.on('data', (piece: Buffer) => {
    const before = sent;
    sent += piece.length;
    if (fault?.kind === 'alter') return send(channel.output, fault.change(piece));
    if (fault !== undefined && fault.kind !== 'refuse' && fault.kind !== 'cut-input' && sent > fault.bytes) {
      if (before < fault.bytes) send(channel.output, piece.subarray(0, fault.bytes - before));
      if (fault.kind === 'freeze') freeze(socket);
      if (fault.kind === 'cut') breakOff(fault.also);
      return;
    }
    send(channel.output, piece);
    if (socket.bufferedAmount > 1024 * 1024) {
      child.stdout.pause();
      const resume = setInterval(() => {
        if (socket.bufferedAmount > 512 * 1024 && socket.readyState === socket.OPEN) return;
        clearInterval(resume);
        child.stdout.resume();
      }, 5);
    }
  });
  child.stderr.on('data', (piece: Buffer) => send(channel.errors, piece));
  child.once('error', (error) => end({ status: 'Failure', reason: 'InternalError', message: error.message, code: 500 }));
  child.once('close', (code, signal) => {
    if (socket.readyState !== socket.OPEN || isFrozen(socket)) return;
    if (code === 0) return end({ status: 'Success' });
    const exitCode = String(code ?? (signal === 'SIGKILL' ? 137 : 143));
    end(statusOf(exitCode));
  });
}

function statusOf(exitCode: string) {
  return {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with exit code ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: exitCode }] },
  };
}

const frozen = new WeakSet<WebSocket>();

function isFrozen(socket: WebSocket): boolean {
  return frozen.has(socket);
}

/** Nothing is read any more, and so no ping answered. */
function freeze(socket: WebSocket): void {
  frozen.add(socket);
  socket.pause();
}

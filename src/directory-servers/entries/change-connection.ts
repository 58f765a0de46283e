import type { Socket } from 'node:net';
import type { ChangeRecord } from '../../domain/change-record.ts';
import { type RequestControl, decodeResults, encodeRequest, encodeUnbind } from './change-messages.ts';
import type { LdapResult } from './refusal.ts';

interface UnderWay {
  readonly resolve: (result: LdapResult) => void;
  readonly reject: (error: Error) => void;
}

/** Above any ID that was used for the bind. */
const firstId = 0x1_0000;
/** Of requests that wait in this process for the network. */
const maxQueuedBytes = 8 * 1024 * 1024;

/**
 * A bound connection on which many changes are under way at the same time; the server answers in whatever order. It speaks by itself, as ldapts writes each
 * request out as JSON before it sends it, which for a photo of 1 MB takes longer than all the rest, and cannot keep an old RDN.
 *
 * Once it is lost every call rejects, with the words of the server where it said goodbye, and it is not made again.
 */
export class ChangeConnection {
  readonly #socket: Socket;
  readonly #underWay = new Map<number, UnderWay>();
  #received = Buffer.alloc(0);
  #nextId = firstId;
  #lost: Error | undefined;
  #drained: Promise<void> | undefined;

  /** @param socket bound already, and nobody else's from now on; `silenceMilliseconds`: without an answer for so long it counts as lost */
  constructor(socket: Socket, silenceMilliseconds: number) {
    this.#socket = socket;
    socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close').removeAllListeners('end');
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#lose(error));
    socket.on('end', () => this.#lose(new Error('the server closed the connection')));
    socket.on('close', () => this.#lose(new Error('the connection was lost')));
    socket.on('timeout', () => {
      if (this.#underWay.size > 0) this.#lose(new Error('no answer in time'));
    });
    // Small requests in a row would wait for one another's acknowledgement (tried: 130 additions a second instead of thousands).
    socket.setNoDelay(true);
    socket.setTimeout(silenceMilliseconds);
  }

  /** Resolves with the server's answer, whatever it is; rejects only when the connection is lost. */
  async request(change: ChangeRecord, controls: readonly RequestControl[]): Promise<LdapResult> {
    while (this.#drained !== undefined) await this.#drained;
    if (this.#lost !== undefined) throw this.#lost;
    const id = this.#nextId++;
    const answer = new Promise<LdapResult>((resolve, reject) => this.#underWay.set(id, { resolve, reject }));
    const isTaken = this.#socket.write(encodeRequest(id, change, controls));
    if (!isTaken && this.#socket.writableLength > maxQueuedBytes) this.#waitForDrain();
    return answer;
  }

  /** Why it is lost; undefined while it is not. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /** Says goodbye; what is under way is not waited for. */
  close(): void {
    this.#socket.setTimeout(0);
    if (this.#lost === undefined) this.#socket.end(encodeUnbind(this.#nextId++));
    this.#lose(new Error('the connection was closed'));
  }

  #waitForDrain(): void {
    this.#drained = new Promise((resolve) => {
      const settle = (): void => {
        this.#socket.off('drain', settle).off('close', settle);
        this.#drained = undefined;
        resolve();
      };
      this.#socket.on('drain', settle).on('close', settle);
    });
  }

  #receive(chunk: Buffer): void {
    const { results, rest } = decodeResults(this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]));
    this.#received = Buffer.from(rest);
    for (const { id, ...result } of results) {
      if (id === 0) return this.#lose(new Error(result.text === '' ? 'the server ended the connection' : result.text));
      this.#underWay.get(id)?.resolve(result);
      this.#underWay.delete(id);
    }
  }

  #lose(error: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    for (const { reject } of this.#underWay.values()) reject(error);
    this.#underWay.clear();
    this.#socket.setTimeout(0);
    if (!this.#socket.writableEnded) this.#socket.destroy();
  }
}
